package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartupChecksTest {
  @TempDir Path directory;

  @Test
  void secondDaemonOnADirectoryIsRefusedByPid() throws Exception {
    Path root = directory.resolve("root");
    try (DirectoryLock first = DirectoryLock.acquire(root)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> DirectoryLock.acquire(root))
          .isInstanceOf(StartupException.class)
          .hasMessage("another jukung (pid %d) works on %s", ProcessHandle.current().pid(), root);
    }
    DirectoryLock.acquire(root).close();
  }

  @Test
  void lockedDirectoryCannotBeListedByOtherUsers() throws Exception {
    Path root = directory.resolve("root");
    DirectoryLock.acquire(root).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
        .isEqualTo("rwx--x--x");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("lock"))))
        .isEqualTo("rw-------");
  }

  @Test
  void directoryThatCannotBeCreatedIsNamedInTheError() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> DirectoryLock.acquire(file.resolve("root")))
        .isInstanceOf(StartupException.class)
        .hasMessageStartingWith("cannot lock " + file.resolve("root") + ": ");
  }

  @Test
  void ordinaryUserIsRefused() {
    assertThatThrownBy(() -> HostRequirements.check(1000, List.of()))
        .hasMessage("jukung serve must run as root, not as uid 1000");
  }

  @Test
  void allMissingFeaturesAreNamedInOneError() {
    assertThatThrownBy(() -> HostRequirements.check(0, List.of("no a", "no b")))
        .hasMessage("this kernel cannot run jukung: no a; no b");
    assertThatCode(() -> HostRequirements.check(0, List.of())).doesNotThrowAnyException();
  }
}
