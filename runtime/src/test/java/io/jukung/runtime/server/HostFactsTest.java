package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFactsTest {
  @TempDir Path process;

  @BeforeEach
  void writeProcessFiles() throws IOException {
    Files.writeString(
        process.resolve("status"),
        """
        Name:	java
        CapInh:	0000000000000000
        CapPrm:	000001fffeffffff
        CapEff:	0000000000000000
        """);
    Files.writeString(
        process.resolve("limits"),
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            1024                 524288               files
        """);
  }

  @Test
  void readsPermittedCapabilities() throws IOException {
    assertThat(HostFacts.read(process).capabilities()).isEqualTo(0x1fffeffffffL);
  }

  @Test
  void readsHardLimitOfOpenFiles() throws IOException {
    assertThat(HostFacts.read(process).maxOpenFiles()).isEqualTo(524_288);
  }

  @Test
  void namesTheFileThatLacksAField() throws IOException {
    Files.writeString(process.resolve("status"), "Name:\tjava\n");

    assertThatThrownBy(() -> HostFacts.read(process))
        .isInstanceOf(IOException.class)
        .hasMessage("no \"CapPrm:\" in " + process.resolve("status"));
  }

  @Test
  void readsTheRunningProcess() throws IOException {
    assertThat(HostFacts.read().maxOpenFiles()).isPositive();
  }
}
