package io.jukung.runtime.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.image.build.CommandRunner;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.Mounts;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  private static CommandRunner.Mount.Cache cache(String id, int uid) {
    return new CommandRunner.Mount.Cache(id, "/cache", false, false, 0750, uid, 7);
  }

  @Test
  void stagesThatMakeTheSameCacheAtATimeGetOneWithItsOwner() throws Exception {
    BuildDirectories directories = new BuildDirectories(paths);
    directories.prepare();
    Set<String> seen = ConcurrentHashMap.newKeySet();
    List<SideTask<Boolean>> users = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String id = "cache-" + i / 4;
      users.add(
          SideTask.start(
              id,
              () -> {
                Path made = directories.caches().use(cache(id, 5));
                seen.add(made + " " + Files.getAttribute(made, "unix:uid"));
              }));
    }
    for (SideTask<Boolean> user : users) {
      assertThat(user.join()).isTrue();
    }
    assertThat(seen).hasSize(10).allMatch(each -> each.endsWith(" 5"));
  }

  @Test
  void pruneLeavesTheCacheOfACommandAlone() throws Exception {
    BuildDirectories directories = new BuildDirectories(paths);
    directories.prepare();
    CacheDirectories caches = directories.caches();
    Path busy = caches.use(cache("busy", 0));
    assertThat(caches.use(cache("busy", 0))).isEqualTo(busy);
    Path free = caches.use(cache("free", 0));
    caches.giveBack("busy");
    caches.giveBack("free");
    Files.createFile(free.resolve("file"));
    List<Path> taken = caches.takeOut();
    assertThat(taken).hasSize(1);
    assertThat(taken.getFirst().resolve("file")).exists();
    assertThat(free).doesNotExist();
    assertThat(busy).exists();
    assertThat(caches.takeOut()).isEmpty();
    new BuildDirectories(paths).prepare(); // the prune was killed
    assertThat(taken.getFirst()).doesNotExist();
    caches.giveBack("busy");
    assertThat(caches.takeOut()).hasSize(1);
  }
}
