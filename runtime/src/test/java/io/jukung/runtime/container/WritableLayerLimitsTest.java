package io.jukung.runtime.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.Config.LayerEnforcement;
import io.jukung.runtime.config.DataSize;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits on a file system without project quotas: tmpfs has none. */
class WritableLayerLimitsTest {
  private static final String ID = "c".repeat(64);
  private static final Map<String, String> TWO_MEBIBYTES =
      Map.of("io.jukung.options", "{\"writableLayerBytes\":2097152}");

  private Path directory;
  private StatePaths paths;

  @BeforeEach
  void makeLayer() throws IOException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "layer-limits");
    paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    StatePaths.createPrivate(paths.container(ID));
    Files.createDirectory(paths.containerUpper(ID));
    Files.createDirectory(paths.containerWork(ID));
  }

  @AfterEach
  void remove() throws IOException {
    TreeRemoval.remove(directory);
  }

  private WritableLayerLimits limits(long mebibytes, LayerEnforcement enforcedBy) {
    return new WritableLayerLimits(
        paths,
        new Config.WritableLayer(
            DataSize.ofMebibytes(mebibytes), enforcedBy, Duration.ofSeconds(10)));
  }

  @Test
  void containerWithALimitIsRefusedUnlessTheDaemonIsToMeasureIt() throws Exception {
    SandboxRecord foreign = sandbox(Map.of());
    limits(0, LayerEnforcement.KERNEL).limit(foreign, TWO_MEBIBYTES, ID);
    assertThatThrownBy(() -> limits(3, LayerEnforcement.KERNEL).limit(foreign, Map.of(), ID))
        .hasMessageContaining("writable_layer.max_size is set, but " + paths.containers())
        .hasMessageContaining("no project quotas")
        .asInstanceOf(InstanceOfAssertFactories.type(CriException.class))
        .extracting(CriException::kind)
        .isEqualTo(ErrorKind.FAILED_PRECONDITION);
    limits(3, LayerEnforcement.DAEMON).limit(foreign, Map.of(), ID);
    assertThat(limits(3, LayerEnforcement.DAEMON).isKernelEnforcing(ID)).isFalse();
  }

  private long measured(SandboxRecord sandbox, Map<String, String> annotations) throws IOException {
    Files.deleteIfExists(paths.containerWriteLimit(ID));
    WritableLayerLimits limits = limits(3, LayerEnforcement.DAEMON);
    limits.limit(sandbox, annotations, ID);
    return limits.measuredBytes(ID);
  }

  @Test
  void limitIsThatOfTheOptionElseOfTheConfigurationAndBuildsHaveNone() throws Exception {
    WritableLayerLimits limits = limits(3, LayerEnforcement.DAEMON);
    SandboxRecord own = sandbox(Map.of("io.jukung.run", "own"));
    assertThat(measured(own, TWO_MEBIBYTES)).isEqualTo(2 << 20);
    assertThat(measured(own, Map.of())).isEqualTo(3 << 20);
    assertThat(measured(sandbox(Map.of()), TWO_MEBIBYTES)).isEqualTo(3 << 20);
    assertThat(limits(3, LayerEnforcement.KERNEL).measuredBytes(ID)).isZero();
    assertThat(measured(sandbox(Map.of("io.jukung.build", "b")), Map.of())).isZero();
    assertThatThrownBy(
            () -> limits.limit(own, Map.of("io.jukung.options", "{\"writableLayerBytes\":9}"), ID))
        .hasMessageContaining("is 9 bytes, and must be 1MiB or more");
  }

  @Test
  void newLimitOfTheConfigurationDoesNotCountForContainersThatAreThere() throws Exception {
    limits(0, LayerEnforcement.DAEMON).limit(sandbox(Map.of()), Map.of(), ID);
    assertThat(limits(1, LayerEnforcement.DAEMON).measuredBytes(ID)).isZero();
    limits(2, LayerEnforcement.DAEMON).limit(sandbox(Map.of()), Map.of(), ID);
    assertThat(limits(1, LayerEnforcement.DAEMON).measuredBytes(ID)).isEqualTo(2 << 20);
  }

  private static SandboxRecord sandbox(Map<String, String> labels) {
    return new SandboxRecord(
        SandboxRecord.VERSION,
        "a".repeat(64),
        new SandboxName("", "", "", 0),
        SandboxRecord.State.READY,
        1,
        "",
        new SandboxRecord.SandboxConfig(
            "",
            "",
            null,
            List.of(),
            labels,
            Map.of(),
            "",
            Map.of(),
            NamespaceOwner.POD,
            NamespaceOwner.POD,
            NamespaceOwner.POD,
            false,
            null),
        false,
        List.of(),
        0,
        null);
  }
}
