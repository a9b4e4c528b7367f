package io.jukung.linux.fs;

import static io.jukung.linux.fs.Openat2Test.assertErrno;
import static io.jukung.linux.fs.Openat2Test.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests operations on files and directories. Needs root for owners, devices and {@code trusted.}
 * attributes.
 */
class FileWordsTest {
  @TempDir Path temporary;
  private Fd root;

  @BeforeEach
  void open() throws IOException {
    root = HostFile.openDirectory(temporary);
  }

  @AfterEach
  void close() {
    root.close();
  }

  @Test
  void namesThatAreNotOneComponentAreRefused() {
    for (String name : List.of("", ".", "..", "a/b", "/a", "a/")) {
      assertErrno(Errno.EINVAL, () -> DirectoryEntry.createFile(root, bytes(name), 0600));
      assertErrno(Errno.EINVAL, () -> DirectoryEntry.unlink(root, bytes(name)));
      assertErrno(Errno.EINVAL, () -> FileAttributes.setOwner(root, bytes(name), 0, 0));
      assertErrno(
          Errno.EINVAL, () -> ExtendedAttributes.set(root, bytes(name), "user.a", new byte[1]));
    }
  }

  @Test
  void modesOwnersAndTimesAreExact() throws IOException {
    FileTime before1970 = new FileTime(-86_400, 999_999_999);
    try (Fd file = DirectoryEntry.createFile(root, bytes("file"), 0777)) {
      FileAttributes.setOwner(file, 1000, -2);
      FileAttributes.setMode(file, 06755);
      FileAttributes.setTimes(file, before1970, before1970);
    }
    FileStatus status = FileStatus.of(root, bytes("file"));
    assertThat(status.type()).isEqualTo(FileType.REGULAR);
    assertThat(status.mode()).isEqualTo(06755);
    assertThat(status.uid()).isEqualTo(1000);
    assertThat(status.gid()).isEqualTo(-2);
    assertThat(status.modified()).isEqualTo(before1970);
  }

  @Test
  void ownerAndTimesOfASymlinkAreSetOnTheSymlinkItself() throws IOException {
    Files.writeString(temporary.resolve("target"), "");
    DirectoryEntry.makeSymlink(root, bytes("link"), bytes("target"));
    FileTime time = new FileTime(1_000_000, 5);
    FileAttributes.setOwner(root, bytes("link"), 7, 8);
    FileAttributes.setTimes(root, bytes("link"), time, time);
    ExtendedAttributes.set(root, bytes("link"), "trusted.jukung", bytes("x"));
    FileStatus link = FileStatus.of(root, bytes("link"));
    assertThat(link.type()).isEqualTo(FileType.SYMLINK);
    assertThat(List.of(link.uid(), link.gid())).containsExactly(7, 8);
    assertThat(link.modified()).isEqualTo(time);
    assertThat(FileStatus.of(root, bytes("target")).uid()).isZero();
    assertThat(ExtendedAttributes.list(root, bytes("link"))).contains("trusted.jukung");
    assertThat(ExtendedAttributes.list(root, bytes("target"))).doesNotContain("trusted.jukung");
    assertThat(DirectoryEntry.readSymlink(root, bytes("link"))).isEqualTo(bytes("target"));
  }

  @Test
  void settingTheModeOfASymlinkFailsAndKeepsItsTarget() throws IOException {
    Files.writeString(temporary.resolve("target"), "");
    int mode = FileStatus.of(root, bytes("target")).mode();
    DirectoryEntry.makeSymlink(root, bytes("link"), bytes("target"));
    try (Fd link = DirectoryEntry.openPath(root, bytes("link"))) {
      assertErrno(Errno.EOPNOTSUPP, () -> FileAttributes.setMode(link, 0777));
    }
    assertThat(FileStatus.of(root, bytes("target")).mode()).isEqualTo(mode);
  }

  @Test
  void devicesKeepTheirNumbers() throws IOException {
    DeviceNumber large = new DeviceNumber(DeviceNumber.MAX_MAJOR, DeviceNumber.MAX_MINOR);
    DirectoryEntry.makeNode(root, bytes("block"), FileType.BLOCK_DEVICE, 0660, large);
    FileStatus block = FileStatus.of(root, bytes("block"));
    assertThat(block.type()).isEqualTo(FileType.BLOCK_DEVICE);
    assertThat(block.mode()).isEqualTo(0660);
    assertThat(new DeviceNumber(block.deviceMajor(), block.deviceMinor())).isEqualTo(large);
    DirectoryEntry.makeWhiteout(root, bytes("gone"));
    assertThat(FileStatus.of(root, bytes("gone")).isWhiteout()).isTrue();
    assertThat(block.isWhiteout()).isFalse();
  }

  @Test
  void extendedAttributesKeepBinaryValues() throws IOException {
    byte[] value = new byte[256];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) i;
    }
    try (Fd file = DirectoryEntry.createFile(root, bytes("file"), 0600)) {
      ExtendedAttributes.set(file, "user.bytes", value);
      ExtendedAttributes.set(file, "trusted.empty", new byte[0]);
      assertThat(ExtendedAttributes.get(file, "user.bytes")).contains(value);
      assertThat(ExtendedAttributes.get(file, "user.none")).isEmpty();
      assertThat(ExtendedAttributes.list(file)).contains("user.bytes", "trusted.empty");
    }
    assertThat(ExtendedAttributes.get(root, bytes("file"), "user.bytes")).contains(value);
  }

  @Test
  void namesThatAreNotUtf8AreKept() throws IOException {
    byte[] latin1 = {'n', (byte) 0xE9};
    DirectoryEntry.createFile(root, latin1, 0600).close();
    DirectoryEntry.makeDirectory(root, bytes("dir"), 01777);
    assertThat(DirectoryListing.names(root)).containsExactlyInAnyOrder(latin1, bytes("dir"));
  }

  @Test
  void listingOfManyNamesIsComplete() throws IOException {
    for (int i = 0; i < 3000; i++) {
      DirectoryEntry.createFile(root, bytes("some-longer-name-" + i), 0600).close();
    }
    assertThat(DirectoryListing.names(root)).hasSize(3000).doesNotHaveDuplicates();
    assertThat(DirectoryListing.names(root)).hasSize(3000);
  }

  @Test
  void treeOf3000LevelsIsRemoved() throws IOException {
    Fd at = root.duplicate();
    for (int i = 0; i < 3000; i++) {
      DirectoryEntry.makeDirectory(at, bytes("deep"), 0700);
      Fd next = DirectoryEntry.openDirectory(at, bytes("deep"));
      DirectoryEntry.createFile(next, bytes("file"), 0600).close();
      at.close();
      at = next;
    }
    at.close();
    TreeRemoval.remove(root, bytes("deep"));
    TreeRemoval.remove(root, bytes("deep"));
    assertThat(DirectoryListing.names(root)).isEmpty();
  }

  @Test
  void removalDoesNotFollowLinks() throws IOException {
    Path kept = Files.createDirectory(temporary.resolve("kept"));
    Files.writeString(kept.resolve("file"), "");
    Path tree = Files.createDirectories(temporary.resolve("tree/sub"));
    Files.createSymbolicLink(tree.resolve("link"), kept);
    TreeRemoval.remove(root, bytes("tree"));
    assertThat(temporary.resolve("tree")).doesNotExist();
    assertThat(kept.resolve("file")).exists();
  }

  @Test
  void diskUsageEqualsThatOfDu() throws Exception {
    Path tree = Files.createDirectories(temporary.resolve("tree/sub"));
    Files.write(tree.resolve("file"), new byte[123_456]);
    Files.createLink(tree.resolve("again"), tree.resolve("file"));
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/"));
    try (Fd directory = Openat2.openDirectory(root, "tree")) {
      DiskUsage usage = DiskUsage.of(directory);
      assertThat(usage.inodes()).isEqualTo(4);
      Process du =
          new ProcessBuilder("du", "-s", "--block-size=1", temporary.resolve("tree").toString())
              .start();
      String output = new String(du.getInputStream().readAllBytes(), UTF_8);
      assertThat(output).startsWith(usage.bytes() + "\t");
    }
  }

  @Test
  void atomicWriteReplacesContentAndMode() throws IOException {
    Path file = temporary.resolve("state.json");
    AtomicFile.write(file, bytes("one"));
    assertThat(FileStatus.of(root, bytes("state.json")).mode()).isEqualTo(0600);
    AtomicFile.write(file, bytes("two"), 0666);
    assertThat(file).hasContent("two");
    assertThat(FileStatus.of(root, bytes("state.json")).mode()).isEqualTo(0666);
    assertThat(DirectoryListing.names(root)).hasSize(1);
    AtomicFile.remove(file);
    AtomicFile.remove(file);
    assertThat(DirectoryListing.names(root)).isEmpty();
  }

  @Test
  void failedAtomicWriteKeepsTheOldFileAndLeavesNoOther() throws IOException {
    Path file = temporary.resolve("state.json");
    AtomicFile.write(file, bytes("old"));
    for (Syscall failing : List.of(Syscall.WRITE, Syscall.FSYNC, Syscall.RENAMEAT2)) {
      Syscalls real =
          Kernel.install((call, a, b, c, d, e) -> -Errno.ENOSPC); // replaced before any call
      try {
        Kernel.install(
            (call, a, b, c, d, e) ->
                call == failing ? -Errno.ENOSPC : real.call(call, a, b, c, d, e));
        assertErrno(Errno.ENOSPC, () -> AtomicFile.write(file, bytes("new")));
      } finally {
        Kernel.install(real);
      }
      assertThat(file).hasContent("old");
      try (Stream<Path> left = Files.list(temporary)) {
        assertThat(left).hasSize(1);
      }
    }
  }

  @Test
  void atomicWriteIntoAMissingDirectoryFailsWithEnoent() {
    assertErrno(
        Errno.ENOENT, () -> AtomicFile.write(temporary.resolve("none/state.json"), bytes("x")));
  }
}
