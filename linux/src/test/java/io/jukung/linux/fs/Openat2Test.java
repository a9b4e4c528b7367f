package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Openat2Test {
  @TempDir Path temporary;
  private Path tree;
  private Path outside;
  private Fd root;

  @BeforeEach
  void openTree() throws IOException {
    tree = Files.createDirectory(temporary.resolve("tree"));
    outside = Files.createDirectory(temporary.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "host");
    root = HostFile.openDirectory(tree);
  }

  @AfterEach
  void closeTree() {
    root.close();
  }

  @Test
  void absoluteSymlinkIsResolvedBelowTheRoot() throws IOException {
    Files.createDirectory(tree.resolve("etc"));
    Files.writeString(tree.resolve("etc/passwd"), "inside");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/etc/passwd"));
    assertThat(Openat2.readBounded(root, "/link", 100)).isEqualTo("inside".getBytes(UTF_8));
  }

  @Test
  void dotDotStopsAtTheRoot() {
    assertErrno(Errno.ENOENT, () -> Openat2.openPath(root, "../outside/secret"));
    assertErrno(
        Errno.ENOENT, () -> Openat2.openPath(root, "../../../../../../" + outside + "/secret"));
  }

  @Test
  void symlinkOutOfTheTreeFindsNothing() throws IOException {
    Files.createSymbolicLink(tree.resolve("up"), Path.of("../outside"));
    Files.createSymbolicLink(tree.resolve("abs"), outside);
    assertErrno(Errno.ENOENT, () -> Openat2.openPath(root, "up/secret"));
    assertErrno(Errno.ENOENT, () -> Openat2.createNew(root, "abs/new", 0644));
    assertThat(outside.resolve("new")).doesNotExist();
  }

  @Test
  void concurrentSwapNeverLeadsOut() throws Exception {
    Path real = Files.createDirectory(tree.resolve("real"));
    Files.writeString(real.resolve("secret"), "inside");
    Path name = tree.resolve("name");
    AtomicBoolean stop = new AtomicBoolean();
    Thread swapper =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!stop.get()) {
                      Files.createSymbolicLink(name, outside);
                      Files.delete(name);
                      Files.createSymbolicLink(name, Path.of("/real"));
                      Files.delete(name);
                    }
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    int found = 0;
    try {
      for (int i = 0; i < 20_000; i++) {
        try {
          assertThat(Openat2.readBounded(root, "name/secret", 100))
              .isEqualTo("inside".getBytes(UTF_8));
          found++;
        } catch (ErrnoException e) {
          assertThat(e.errno()).isEqualTo(Errno.ENOENT);
        }
      }
    } finally {
      stop.set(true);
      swapper.join();
    }
    assertThat(found).isPositive();
  }

  @Test
  void makeDirectoriesGivesTheExactMode() throws IOException {
    Openat2.makeDirectories(root, "/a/b/../c", 0777).close();
    assertThat(mode("a")).isEqualTo(0777);
    assertThat(mode("a/c")).isEqualTo(0777);
    assertThat(tree.resolve("a/b")).isDirectory();
  }

  @Test
  void makeDirectoriesFollowsDanglingLinksInside() throws IOException {
    Files.createDirectory(tree.resolve("var"));
    Files.createSymbolicLink(tree.resolve("var/run"), Path.of("/run"));
    Files.createSymbolicLink(tree.resolve("var/spool"), Path.of("../../../srv/spool"));
    Openat2.makeDirectories(root, "var/run/secrets", 0755).close();
    Openat2.makeDirectories(root, "var/spool/mail", 0755).close();
    assertThat(tree.resolve("run/secrets")).isDirectory();
    assertThat(tree.resolve("srv/spool/mail")).isDirectory();
    assertThat(tree.resolve("var/run")).isSymbolicLink();
  }

  @Test
  void makeDirectoriesThroughASymlinkLoopFailsWithEloop() throws IOException {
    Files.createSymbolicLink(tree.resolve("a"), Path.of("b"));
    Files.createSymbolicLink(tree.resolve("b"), Path.of("a"));
    assertErrno(Errno.ELOOP, () -> Openat2.makeDirectories(root, "a/x", 0755));
  }

  @Test
  void makeDirectoriesBelowAFileFailsWithEnotdir() throws IOException {
    Files.writeString(tree.resolve("file"), "");
    assertErrno(Errno.ENOTDIR, () -> Openat2.makeDirectories(root, "file/x", 0755));
  }

  @Test
  void makeFileMakesParentsAndFollowsDanglingLinks() throws IOException {
    Openat2.makeFile(root, "/etc/hosts", 0640, 0755).close();
    assertThat(mode("etc/hosts")).isEqualTo(0640);
    Files.createSymbolicLink(tree.resolve("etc/resolv.conf"), Path.of("/run/stub/resolv.conf"));
    Openat2.makeFile(root, "etc/resolv.conf", 0644, 0755).close();
    assertThat(tree.resolve("run/stub/resolv.conf")).isRegularFile();
    assertThat(tree.resolve("etc/resolv.conf")).isSymbolicLink();
  }

  @Test
  void makeFileKeepsAnExistingFile() throws IOException {
    Files.writeString(tree.resolve("file"), "content");
    Openat2.makeFile(root, "file", 0600, 0755).close();
    assertThat(tree.resolve("file")).hasContent("content");
  }

  @Test
  void boundedReadRefusesOtherThanRegularFiles() throws IOException, InterruptedException {
    DirectoryEntry.makeNode(root, bytes("fifo"), FileType.FIFO, 0644, new DeviceNumber(0, 0));
    DirectoryEntry.makeNode(
        root, bytes("zero"), FileType.CHARACTER_DEVICE, 0644, new DeviceNumber(1, 5));
    Files.createDirectory(tree.resolve("dir"));
    Files.createSymbolicLink(tree.resolve("link"), Path.of("fifo"));
    for (String name : new String[] {"fifo", "zero", "dir", "link"}) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> Openat2.readBounded(root, name, 100))
          .withMessageContaining("not a regular file");
    }
  }

  @Test
  void boundedReadOfALargerFileFailsWithEfbig() throws IOException {
    byte[] content = new byte[20_000];
    Arrays.fill(content, (byte) 'x');
    Files.write(tree.resolve("file"), content);
    assertThat(Openat2.readBounded(root, "file", 20_000)).isEqualTo(content);
    assertErrno(Errno.EFBIG, () -> Openat2.readBounded(root, "file", 19_999));
  }

  @Test
  void zeroByteInAPathIsRefused() {
    assertErrno(Errno.EINVAL, () -> Openat2.openPath(root, "a\0b"));
  }

  private int mode(String path) throws IOException {
    try (Fd file = Openat2.openPath(root, path)) {
      return FileStatus.of(file).mode();
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static void assertErrno(int errno, ThrowingCallable call) {
    assertThatExceptionOfType(ErrnoException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(errno));
  }
}
