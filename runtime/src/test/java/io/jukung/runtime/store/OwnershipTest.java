package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.runtime.store.Ownership.OwnedByOtherException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnershipTest {
  @TempDir Path directory;
  private Path first;
  private Path mark;

  @BeforeEach
  void setUp() throws IOException {
    first = root("first");
    mark = directory.resolve("mark");
  }

  @Test
  void rootWithPodsOnRecordKeepsItsClaim() throws Exception {
    owner(first).claim(mark, "the thing", "setting");
    Path pod = Files.createDirectories(first.resolve("sandboxes/a"));
    assertThatThrownBy(() -> owner(root("second")).claim(mark, "the thing", "setting"))
        .isInstanceOf(OwnedByOtherException.class)
        .hasMessageStartingWith("the thing belongs to the jukung of root " + first);
    Files.delete(pod);
    owner(root("second")).claim(mark, "the thing", "setting");
    assertThat(mark).hasContent(directory.resolve("second").toString());
  }

  @Test
  void rootThatADaemonWorksOnKeepsItsClaim() throws Exception {
    owner(first).claim(mark, "the thing", "setting");
    try (FileChannel lock =
        FileChannel.open(
            first.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertThat(lock.tryLock()).isNotNull();
      assertThatThrownBy(() -> owner(root("second")).claim(mark, "the thing", "setting"))
          .isInstanceOf(OwnedByOtherException.class);
    }
    owner(root("second")).claim(mark, "the thing", "setting");
  }

  @Test
  void rootThatIsGoneAndMarkThatWasNotFinishedKeepNothing() throws Exception {
    Path gone = root("gone");
    owner(gone).claim(mark, "the thing", "setting");
    Files.delete(gone);
    owner(first).claim(mark, "the thing", "setting");
    Files.writeString(mark, "");
    owner(first).claim(mark, "the thing", "setting");
    assertThat(mark).hasContent(first.toString());
  }

  @Test
  void cgroupWithAProcessKeepsItsOwner() throws Exception {
    Cgroup cgroup = CgroupMount.find().at("/jukung-test-" + UUID.randomUUID());
    cgroup.create();
    Process process = new ProcessBuilder("sleep", "100").start();
    try {
      owner(first).claim(cgroup, "cgroup.root");
      cgroup.attach((int) process.pid());
      assertThatCode(() -> owner(first).claim(cgroup, "cgroup.root")).doesNotThrowAnyException();
      assertThatThrownBy(() -> owner(root("second")).claim(cgroup, "cgroup.root"))
          .isInstanceOf(OwnedByOtherException.class)
          .hasMessageContaining("set cgroup.root to something else");
      process.destroyForcibly().waitFor();
      owner(root("second")).claim(cgroup, "cgroup.root");
      assertThat(cgroup.claim("third")).contains(directory.resolve("second").toString());
    } finally {
      process.destroyForcibly().waitFor();
      cgroup.remove(Duration.ofSeconds(10));
    }
  }

  private Ownership owner(Path root) throws IOException {
    return new Ownership(root, directory.resolve("registry"));
  }

  private Path root(String name) throws IOException {
    return Files.createDirectories(directory.resolve(name));
  }
}
