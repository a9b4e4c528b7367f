package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountRulesTest {
  private static final String OWN = "system_u:object_r:container_file_t:s0:c1,c2";

  @TempDir private Path directory;

  @Test
  void volumeIsLabelledForAllPods() throws IOException {
    StatePaths paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    MountRules rules = new MountRules(paths);
    Path volume = paths.volumes().toRealPath().resolve("id/data");
    assertThat(rules.labelOf(volume, OWN)).isEqualTo("system_u:object_r:container_file_t:s0");
    assertThat(rules.labelOf(Path.of("/srv/data"), OWN)).isEqualTo(OWN);
  }
}
