package io.jukung.runtime.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeContentTest {
  @TempDir private Path directory;
  private Path volume = Path.of("");
  private Path data = Path.of("");
  private Path root = Path.of("");

  @BeforeEach
  void setUp() throws IOException {
    volume = Files.createDirectory(directory.resolve("volume"));
    data = Files.createDirectory(volume.resolve("data"));
    root = Files.createDirectory(directory.resolve("root"));
  }

  private void fill(String source) throws IOException {
    try (Fd opened = HostFile.openDirectory(root)) {
      VolumeContent.fill(volume, opened, Path.of(source));
    }
  }

  private static List<String> names(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  @Test
  void emptyVolumeGetsContentOwnerModeAndAttributesOfTheImagesDirectory() throws IOException {
    Path srv = Files.createDirectories(root.resolve("srv/deep"));
    Files.writeString(srv.resolve("file"), "content");
    Files.createSymbolicLink(root.resolve("srv/link"), Path.of("/etc/passwd"));
    Files.setAttribute(srv.resolve("file"), "unix:uid", 12);
    Files.setAttribute(root.resolve("srv"), "unix:gid", 34);
    Files.setPosixFilePermissions(
        root.resolve("srv"), PosixFilePermissions.fromString("rwxr-x---"));
    Object inode = Files.getAttribute(data, "unix:ino");

    fill("/srv");
    assertThat(names(data)).containsExactly("deep", "link");
    assertThat(data.resolve("deep/file")).hasContent("content");
    assertThat(Files.readSymbolicLink(data.resolve("link"))).isEqualTo(Path.of("/etc/passwd"));
    assertThat(Files.getAttribute(data.resolve("deep/file"), "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(data, "unix:gid")).isEqualTo(34);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwxr-x---");
    assertThat(Files.getAttribute(data, "unix:ino")).as("the same directory").isEqualTo(inode);
    assertThat(names(volume)).containsExactly("data");
  }

  @Test
  void volumeWithContentStaysAsItIs() throws IOException {
    Files.writeString(Files.createDirectory(root.resolve("srv")).resolve("file"), "image");
    Files.writeString(data.resolve("mine"), "mine");
    fill("/srv");
    assertThat(names(data)).containsExactly("mine");
  }

  @Test
  void imageWithoutTheDirectoryLeavesTheVolumeEmpty() throws IOException {
    fill("/srv");
    Files.writeString(root.resolve("srv"), "a file");
    fill("/srv");
    assertThat(names(data)).isEmpty();
    assertThat(names(volume)).containsExactly("data");
  }

  @Test
  void symbolicLinkInTheImageDoesNotLeadOutOfIt() throws IOException {
    Path secret = Files.createDirectory(directory.resolve("secret"));
    Files.writeString(secret.resolve("key"), "key");
    Files.createSymbolicLink(root.resolve("absolute"), secret);
    Files.createSymbolicLink(root.resolve("relative"), Path.of("../secret"));
    fill("/absolute");
    fill("/relative");
    assertThat(names(data)).isEmpty();
  }

  @Test
  void copyThatFailsLeavesNothing() throws IOException {
    Path deep = Files.createDirectory(root.resolve("srv"));
    Files.writeString(deep.resolve("file"), "image");
    for (int i = 0; i < 300; i++) {
      deep = deep.resolve("d");
    }
    var _ = Files.createDirectories(deep);
    assertThatThrownBy(() -> fill("/srv")).hasMessageContaining("256 levels");
    assertThat(names(volume)).containsExactly("data");
  }

  @Test
  void copyThatWasInterruptedIsMadeAgain() throws IOException {
    Files.writeString(Files.createDirectory(root.resolve("srv")).resolve("file"), "image");
    Files.writeString(Files.createDirectory(volume.resolve("filling")).resolve("half"), "half");
    VolumeContent.finish(volume);
    assertThat(names(volume)).containsExactly("data");
    Files.createDirectories(volume.resolve("filling/deep"));
    fill("/srv");
    assertThat(names(data)).containsExactly("file");
  }

  @Test
  void copyThatWasCompleteIsTakenOverAndLeavesWhatAContainerHasMadeMeanwhile() throws IOException {
    Path filled = Files.createDirectories(volume.resolve("filled/deep")).resolve("..").normalize();
    Files.writeString(filled.resolve("a"), "image");
    Files.writeString(filled.resolve("b"), "image");
    Files.writeString(data.resolve("b"), "container");
    Files.setAttribute(filled, "unix:uid", 56, LinkOption.NOFOLLOW_LINKS);
    VolumeContent.finish(volume);
    assertThat(names(data)).containsExactly("a", "b", "deep");
    assertThat(data.resolve("b")).hasContent("container");
    assertThat(Files.getAttribute(data, "unix:uid")).isEqualTo(56);
    assertThat(names(volume)).containsExactly("data");
  }
}
