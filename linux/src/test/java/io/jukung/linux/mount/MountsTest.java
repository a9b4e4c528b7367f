package io.jukung.linux.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
  @TempDir Path directory;

  @AfterEach
  void nothingStaysMounted() throws IOException {
    for (MountinfoLine mount : MountTable.read().under(directory)) {
      Mounts.detach(Path.of(mount.mountPoint()));
    }
  }

  @Test
  void detachedTmpfsIsUsableAndNotInTheTree() throws IOException {
    try (Fd mount = tmpfs()) {
      Files.writeString(Path.of(mount.procPath(), "file"), "content");
      assertThat(Files.readString(Path.of(mount.procPath(), "file"))).isEqualTo("content");
      assertThat(MountTable.read().mounts()).noneMatch(m -> m.source().equals("jukung-test"));
    }
  }

  @Test
  void attachedMountIsInTheTreeUntilItIsDetached() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    try (Fd mount = tmpfs(MountAttribute.NOSUID, MountAttribute.NODEV, MountAttribute.NOEXEC)) {
      Mounts.attach(mount, target);
    }
    MountinfoLine seen = MountTable.read().at(target).orElseThrow();
    assertThat(seen.type()).isEqualTo("tmpfs");
    assertThat(seen.source()).isEqualTo("jukung-test");
    assertThat(seen.options()).contains("rw", "nosuid", "nodev", "noexec");

    assertThat(Mounts.detach(target)).isTrue();
    assertThat(Mounts.detach(target)).isFalse();
    assertThat(MountTable.read().at(target)).isEmpty();
  }

  @Test
  void mountIsAttachedOnAnOpenDirectory() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    try (Fd mount = tmpfs();
        Fd root = HostFile.openDirectory(directory);
        Fd place = Openat2.openPath(root, "target")) {
      Mounts.attach(mount, place);
    }
    assertThat(MountTable.read().at(target).orElseThrow().source()).isEqualTo("jukung-test");
  }

  @Test
  void detachOfAMissingPathReturnsFalse() throws IOException {
    assertThat(Mounts.detach(directory.resolve("missing"))).isFalse();
  }

  @Test
  void recursiveReadOnlyIncludesTheMountsBelow() throws IOException {
    Path source = directory.resolve("source");
    Files.createDirectories(source.resolve("below"));
    try (Fd below = tmpfs()) {
      Mounts.attach(below, source.resolve("below"));
    }
    try (Fd clone = Mounts.cloneRecursive(source)) {
      Mounts.changeRecursive(clone, MountAttributes.setting(MountAttribute.RDONLY));
      assertReadOnly(Path.of(clone.procPath(), "file"));
      assertReadOnly(Path.of(clone.procPath(), "below", "file"));
    }
    try (Fd clone = Mounts.cloneRecursive(source)) {
      Mounts.change(clone, MountAttributes.setting(MountAttribute.RDONLY));
      assertReadOnly(Path.of(clone.procPath(), "file"));
      Files.writeString(Path.of(clone.procPath(), "below", "file"), "writable still");
    }
    Files.writeString(source.resolve("file"), "the source is as before");
  }

  @Test
  void cloneOfADirectoryHasNoMountsBelow() throws IOException {
    Path source = directory.resolve("source");
    Files.createDirectories(source.resolve("below"));
    try (Fd below = tmpfs()) {
      Files.writeString(Path.of(below.procPath(), "file"), "");
      Mounts.attach(below, source.resolve("below"));
    }
    try (Fd clone = Mounts.clone(source)) {
      assertThat(Path.of(clone.procPath(), "below", "file")).doesNotExist();
    }
  }

  @Test
  void attributesAreClearedAndAccessTimesReplaced() throws IOException {
    Path target = Files.createDirectory(directory.resolve("target"));
    try (Fd mount = tmpfs(MountAttribute.RDONLY, MountAttribute.NOATIME)) {
      Mounts.attach(mount, target);
      assertThat(MountTable.read().at(target).orElseThrow().options()).contains("ro", "noatime");
      Mounts.change(
          mount,
          new MountAttributes(
              Set.of(MountAttribute.STRICTATIME),
              Set.of(MountAttribute.RDONLY),
              Optional.of(Propagation.SHARED)));
    }
    MountinfoLine changed = MountTable.read().at(target).orElseThrow();
    assertThat(changed.options()).containsExactly("rw");
    assertThat(changed.isShared()).isTrue();
  }

  @Test
  void attributeCannotBeBothSetAndCleared() {
    assertThatThrownBy(
            () ->
                new MountAttributes(
                    Set.of(MountAttribute.NODEV), Set.of(MountAttribute.NODEV), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NODEV");
  }

  @Test
  void errorsNameSourceTargetAndFlags() throws IOException {
    Path missing = directory.resolve("missing");
    assertThatThrownBy(() -> Mounts.cloneRecursive(missing))
        .hasMessage(
            "open_tree(src="
                + missing
                + ", flags=OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE):"
                + " ENOENT No such file or directory");
    try (Fd mount = tmpfs()) {
      assertThatThrownBy(() -> Mounts.attach(mount, missing))
          .hasMessage(
              "move_mount(src="
                  + mount
                  + ", dst="
                  + missing
                  + ", flags=MOVE_MOUNT_F_EMPTY_PATH): ENOENT No such file or directory");
    }
    assertThatThrownBy(
            () ->
                Mounts.changeRecursive(
                    missing,
                    new MountAttributes(
                        Set.of(MountAttribute.NOSUID, MountAttribute.RDONLY),
                        Set.of(),
                        Optional.of(Propagation.SLAVE))))
        .hasMessage(
            "mount_setattr(path="
                + missing
                + ", flags=AT_RECURSIVE, set=RDONLY|NOSUID, propagation=SLAVE):"
                + " ENOENT No such file or directory");
  }

  @Test
  void errorOfARefusedOptionContainsTheKernelsLog() throws IOException {
    try (FilesystemContext context = FilesystemContext.open("tmpfs")) {
      assertThatThrownBy(() -> context.set("no_such_option", "1"))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.is(Errno.EINVAL)).isTrue())
          .hasMessageStartingWith(
              "fsconfig(type=tmpfs, SET_STRING, no_such_option=1): EINVAL Invalid argument: ")
          .hasMessageContaining("Unknown parameter 'no_such_option'");
    }
  }

  @Test
  void errorOfARefusedOptionHidesWhatIsSecret() throws IOException {
    try (FilesystemContext context = FilesystemContext.open("tmpfs")) {
      for (String key : List.of("secret", "Password", "pass2", "credentials", "keyfile")) {
        assertThatThrownBy(() -> context.set(key, "hunter2"))
            .hasMessageStartingWith("fsconfig(type=tmpfs, SET_STRING, " + key + "=***): EINVAL")
            .hasMessageNotContaining("hunter2");
      }
    }
  }

  @Test
  void errorNamesTheUnknownFileSystem() {
    assertThatThrownBy(() -> FilesystemContext.open("no-such-fs"))
        .hasMessage("fsopen(type=no-such-fs, flags=FSOPEN_CLOEXEC): ENODEV No such device");
  }

  private static Fd tmpfs(MountAttribute... attributes) throws IOException {
    try (FilesystemContext context = FilesystemContext.open("tmpfs")) {
      return context.set("source", "jukung-test").set("size", "1m").mount(attributes);
    }
  }

  private static void assertReadOnly(Path file) {
    assertThatThrownBy(() -> Files.writeString(file, ""))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("Read-only file system");
  }
}
