package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root for owners. */
class TreeCopyTest {
  @TempDir Path temporary;

  @Test
  void filesAndDirectoriesAreCopiedWithTheirAttributes() throws Exception {
    Path from = Files.createDirectory(temporary.resolve("from"));
    Path file = Files.writeString(from.resolve("file"), "content");
    Files.setAttribute(file, "unix:uid", 7);
    Files.setAttribute(file, "unix:mode", 04751);
    Files.createDirectories(from.resolve("a/b"));
    Files.writeString(from.resolve("a/b/c"), "deep");
    Files.setPosixFilePermissions(from, PosixFilePermissions.fromString("rwx--x--x"));
    try (Fd opened = HostFile.openDirectory(from)) {
      DirectoryEntry.makeNode(
          opened, "fifo".getBytes(UTF_8), FileType.FIFO, 0640, new DeviceNumber(0, 0));
    }
    Path to = copy(from);
    assertThat(to.resolve("file")).hasContent("content");
    assertThat(Files.getAttribute(to.resolve("file"), "unix:uid")).isEqualTo(7);
    assertThat((int) Files.getAttribute(to.resolve("file"), "unix:mode") & 07777).isEqualTo(04751);
    assertThat(Files.getLastModifiedTime(to.resolve("file")))
        .isEqualTo(Files.getLastModifiedTime(file));
    assertThat(to.resolve("a/b/c")).hasContent("deep");
    assertThat(Files.getPosixFilePermissions(to))
        .isEqualTo(PosixFilePermissions.fromString("rwx--x--x"));
    assertThat((int) Files.getAttribute(to.resolve("fifo"), "unix:mode") & 0170000)
        .isEqualTo(0010000);
  }

  @Test
  void symlinksAreCopiedAndNotFollowed() throws Exception {
    Path secret = Files.createDirectory(temporary.resolve("secret"));
    Files.writeString(secret.resolve("key"), "secret");
    Path from = Files.createDirectory(temporary.resolve("from"));
    Files.createSymbolicLink(from.resolve("directory"), secret);
    Files.createSymbolicLink(from.resolve("file"), secret.resolve("key"));
    Files.createSymbolicLink(from.resolve("dangling"), Path.of("nowhere"));
    Path to = copy(from);
    assertThat(Files.readSymbolicLink(to.resolve("directory"))).isEqualTo(secret);
    assertThat(Files.isSymbolicLink(to.resolve("file"))).isTrue();
    assertThat(Files.exists(to.resolve("dangling"), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void treeDeeperThan256LevelsIsRefused() throws Exception {
    Path from = Files.createDirectory(temporary.resolve("from"));
    Files.createDirectories(from.resolve("d/".repeat(300)));
    assertThatThrownBy(() -> copy(from))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("256");
  }

  private Path copy(Path from) throws IOException {
    Path to = Files.createDirectory(temporary.resolve("to"));
    try (Fd source = HostFile.openDirectory(from);
        Fd target = HostFile.openDirectory(to)) {
      TreeCopy.copy(source, target);
    }
    return to;
  }
}
