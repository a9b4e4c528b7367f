package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.linux.fs.RegularFile.UnexpectedFileException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Opens every type of file. Needs root, to make device files. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RegularFileTest {
  @TempDir Path directory;

  @Test
  void regularFileIsReadToItsEnd() throws IOException {
    byte[] content = "x".repeat(20_000).getBytes(UTF_8);
    Path file = Files.write(directory.resolve("file"), content);
    assertThat(RegularFile.read(file, 20_000)).isEqualTo(content);
    assertThat(RegularFile.read(Files.createFile(directory.resolve("empty")), 10)).isEmpty();
  }

  @Test
  void fileWithMoreThanTheLimitIsRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x".repeat(20_000));
    refused("file", "it has more than 19999 bytes", () -> RegularFile.read(file, 19_999));
  }

  @Test
  void missingFileIsNoSuchFile() {
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> RegularFile.read(directory.resolve("file"), 10));
  }

  @Test
  void otherThanRegularFilesAreRefusedAtOnce() throws IOException {
    try (Fd root = HostFile.openDirectory(directory);
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      DirectoryEntry.makeNode(
          root, "fifo".getBytes(UTF_8), FileType.FIFO, 0600, new DeviceNumber(0, 0));
      DirectoryEntry.makeNode(
          root, "zero".getBytes(UTF_8), FileType.CHARACTER_DEVICE, 0600, new DeviceNumber(1, 5));
      DirectoryEntry.makeNode( // no driver has this number
          root, "none".getBytes(UTF_8), FileType.BLOCK_DEVICE, 0600, new DeviceNumber(510, 3));
      socket.bind(UnixDomainSocketAddress.of(directory.resolve("socket")));
      Files.createDirectory(directory.resolve("directory"));
      Files.writeString(directory.resolve("file"), "content");
      Files.createSymbolicLink(directory.resolve("link"), Path.of("file"));
      for (String name : new String[] {"fifo", "zero", "none", "socket", "directory", "link"}) {
        refused(name, "not a regular file", () -> RegularFile.read(directory.resolve(name), 10));
      }
    }
  }

  private interface Read {
    void run() throws IOException;
  }

  private void refused(String name, String why, Read read) {
    assertThatExceptionOfType(UnexpectedFileException.class)
        .as(name)
        .isThrownBy(read::run)
        .withMessageContaining(directory.resolve(name).toString())
        .withMessageContaining(why);
  }
}
