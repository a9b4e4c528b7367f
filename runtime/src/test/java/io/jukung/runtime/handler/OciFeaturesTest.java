package io.jukung.runtime.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciFeaturesTest {
  private static OciFeatures ask(Path program) {
    return OciFeatures.ask(
        new OciHandler("x", program, List.of(), Config.HandlerCgroups.RUNTIME, List.of()));
  }

  @Test
  void runtimeIsAskedForItsMountOptionsAndTheOptionsOfExec(@TempDir Path directory)
      throws Exception {
    Path program =
        Files.writeString(
            directory.resolve("runtime"),
            """
            #!/bin/sh
            case "$1" in
              features) echo '{"mountOptions": ["ro", "rro"]}' ;;
              exec) echo ' --cgroup value   run in a sub-cgroup' ;;
            esac
            """);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    assertThat(ask(program)).isEqualTo(new OciFeatures(true, true));
  }

  @Test
  void whatIsNotSaidIsNotSo() {
    assertThat(ask(Path.of("/bin/true"))).isEqualTo(OciFeatures.NONE);
    assertThat(ask(Path.of("/no/such/program"))).isEqualTo(OciFeatures.NONE);
    assertThat(OciFeatures.hasRecursiveReadOnly("{\"mountOptions\": [\"ro\"]}")).isFalse();
    assertThat(OciFeatures.hasRecursiveReadOnly("[]")).isFalse();
    assertThat(OciFeatures.hasRecursiveReadOnly("unknown command features")).isFalse();
  }
}
