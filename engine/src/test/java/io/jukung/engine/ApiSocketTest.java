package io.jukung.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiSocketTest {
  @TempDir Path directory;

  @Test
  void socketIsThereWithItsModeAndNothingElse() throws IOException {
    Path path = directory.resolve("run/api.sock");
    try (ServerSocketChannel socket = ApiSocket.listen(path, "")) {
      assertThat(socket.isOpen()).isTrue();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-rw----");
      assertThat(path.getParent()).isDirectoryNotContaining(each -> !each.equals(path));
      try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        assertThat(client.connect(UnixDomainSocketAddress.of(path))).isTrue();
      }
    }
  }

  @Test
  void socketOfADeadEngineIsReplaced() throws IOException {
    Path path = directory.resolve("s");
    ApiSocket.listen(path, "").close();
    assertThat(path).exists();
    try (ServerSocketChannel socket = ApiSocket.listen(path, "")) {
      assertThat(socket.isOpen()).isTrue();
      assertThatThrownBy(() -> ApiSocket.listen(path, ""))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process serves");
    }
  }

  @Test
  void fileThatIsNoSocketIsKept() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "text");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nothing"));
    for (Path each : new Path[] {file, link}) {
      assertThatThrownBy(() -> ApiSocket.listen(each, "")).hasMessageEndingWith("is no socket");
    }
    assertThat(file).hasContent("text");
    assertThat(link).isSymbolicLink();
  }

  @Test
  void unknownGroupLeavesNothingBehind() {
    assertThatThrownBy(() -> ApiSocket.listen(directory.resolve("s"), "no-such-group"))
        .isInstanceOf(IOException.class);
    assertThat(directory).isEmptyDirectory();
  }
}
