package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.namespace.IdMappings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxRecordTest {
  @TempDir Path work;

  /** A regression: after a restart, a pod without a runtime handler could not be listed. */
  @Test
  void recordOfEmptyTextsReadsBackAsItWasWritten() throws Exception {
    StateFiles files = new StateFiles(new StatePaths(work.resolve("root"), work.resolve("state")));
    Files.createDirectories(files.paths().sandboxes());
    SandboxRecord written = record(SandboxRecord.State.READY);
    files.createSandbox(written);
    assertThat(files.readSandbox(written.id())).isEqualTo(written);
  }

  @Test
  void readySandboxBecomesReadyAgainOnlyAfterItWasNotReady() {
    SandboxRecord ready = record(SandboxRecord.State.CREATING).withShimPid(7).ready();
    assertThat(ready.isReady()).isTrue();
    SandboxRecord stopped = ready.notReady();
    assertThat(stopped.notReady()).isEqualTo(stopped);
    assertThat(stopped.tornDown().shimPid()).isZero();
    assertThat(stopped.tornDown().state()).isEqualTo(SandboxRecord.State.NOT_READY);
    assertThat(stopped.ready().isReady()).isTrue();
    assertThatThrownBy(ready::ready).hasMessageContaining("READY cannot become READY");
  }

  static SandboxRecord record(SandboxRecord.State state) {
    return new SandboxRecord(
        SandboxRecord.VERSION,
        ObjectId.random(),
        new SandboxName("", "", "", 0),
        state,
        1,
        "",
        new SandboxRecord.SandboxConfig(
            "",
            "",
            new SandboxRecord.Dns(List.of(), List.of(), List.of()),
            List.of(new SandboxRecord.PortMapping("tcp", 0, 0, "")),
            Map.of(),
            Map.of(),
            "",
            Map.of(),
            NamespaceOwner.POD,
            NamespaceOwner.POD,
            NamespaceOwner.POD,
            false,
            new IdMappings(
                new IdMappings.Range(4294967294L, 1), new IdMappings.Range(70000, 65536))),
        false,
        List.of(),
        0,
        null);
  }
}
