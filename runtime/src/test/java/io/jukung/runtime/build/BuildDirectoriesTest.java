package io.jukung.runtime.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What builds keep on the disk, and what earlier ones have left. Needs root, for a mount. */
class BuildDirectoriesTest {
  @TempDir Path temporary;
  private StatePaths paths;

  @BeforeEach
  void makePaths() {
    paths = new StatePaths(temporary.resolve("root"), temporary.resolve("state"));
  }

  @Test
  void daemonStartsThoughWhatAKilledOneLeftCannotBeRemovedYet() throws Exception {
    Path work = new BuildDirectories(paths).work();
    Path busy = Files.createDirectories(work.resolve("tmp-busy/mounted"));
    Files.createDirectories(work.resolve("logs-free"));
    try (Fd mount = Mounts.clone(temporary)) {
      Mounts.attach(mount, busy);
    }
    BuildDirectories directories = new BuildDirectories(paths);
    try {
      directories.prepare();
      assertThat(work.resolve("logs-free")).doesNotExist();
      assertThat(busy).exists();
    } finally {
      Mounts.detach(busy);
    }
    Path ofNewBuild = Files.createDirectory(work.resolve("logs-new"));
    directories.removeLeft();
    assertThat(work.resolve("tmp-busy")).doesNotExist();
    assertThat(ofNewBuild).exists();
  }

  @Test
  void podsAfterOneThatCannotBeRemovedAreRemovedToo() {
    List<String> removed = new ArrayList<>();
    List<SideTask.Step> removals =
        List.of(
            () -> {
              throw new IOException("first");
            },
            () -> removed.add("second"),
            () -> {
              throw new IllegalStateException("third");
            });
    assertThatThrownBy(() -> RunContainers.all("remove pods", removals))
        .hasMessage("remove pods: first")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(removed).containsExactly("second");
  }
}
