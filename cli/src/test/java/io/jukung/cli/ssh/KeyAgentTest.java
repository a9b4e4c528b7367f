package io.jukung.cli.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of the real ssh-keygen sign by the protocol of agents, and the real ssh-add verifies. */
class KeyAgentTest {
  @TempDir Path directory;

  private Path key(String type, String bits, String passphrase) throws Exception {
    Path file = directory.resolve("key");
    run("ssh-keygen", "-q", "-t", type, "-b", bits, "-N", passphrase, "-C", "c", "-f", file + "");
    return file;
  }

  private static int run(Map<String, String> variables, String... line) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(line).inheritIO();
    builder.environment().putAll(variables);
    Process process = builder.start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static void run(String... line) throws Exception {
    assertThat(run(Map.of(), line)).isZero();
  }

  /** Serves one connection after the other until it is closed. */
  private static void serve(ServerSocketChannel server, Agent agent) {
    try {
      while (true) {
        try (SocketChannel channel = server.accept()) {
          var in = Channels.newInputStream(channel);
          Optional<byte[]> request = AgentMessages.read(in);
          while (request.isPresent()) {
            byte[] answer = AgentMessages.framed(agent.answer(request.get()));
            var _ = channel.write(ByteBuffer.wrap(answer));
            request = AgentMessages.read(in);
          }
        }
      }
    } catch (IOException e) {
      // closed at the end of the test
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519 256", "rsa 2048", "ecdsa 256", "ecdsa 384", "ecdsa 521"})
  void keysOfEachTypeSign(String kind) throws Exception {
    String[] words = kind.split(" ", -1);
    Path key = key(words[0], words[1], "");
    Agent agent = new ReadOnlyAgent(new KeyAgent(PrivateKeyFile.read(Files.readString(key))));
    Path socket = directory.resolve("agent");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(() -> serve(server, agent));
      Map<String, String> variables = Map.of("SSH_AUTH_SOCK", socket.toString());
      assertThat(run(variables, "ssh-add", "-T", key + ".pub")).isZero();
      assertThat(run(variables, "ssh-add", "-q", "-D")).isNotZero(); // refused
      byte[] list = {AgentMessages.REQUEST_IDENTITIES};
      assertThat(new SocketAgent(socket).answer(list)).isEqualTo(agent.answer(list));
    }
  }

  @Test
  void keysWithPassphraseAndOtherFilesAreRefused() throws Exception {
    Path key = key("ed25519", "256", "secret");
    assertThatThrownBy(() -> PrivateKeyFile.read(Files.readString(key)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("it has a passphrase");
    assertThatThrownBy(() -> PrivateKeyFile.read("-----BEGIN RSA PRIVATE KEY-----"))
        .hasMessageContaining("no key in the form of OpenSSH");
    assertThatThrownBy(
            () -> AgentMessages.read(new ByteArrayInputStream(new byte[] {0x7f, 0, 0, 0, 1})))
        .hasMessageContaining("has the length");
  }
}
