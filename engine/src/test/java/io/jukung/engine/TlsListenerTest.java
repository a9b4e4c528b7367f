package io.jukung.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.engine.http.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsListenerTest {
  @TempDir Path directory;
  private TlsListener listener;

  @BeforeEach
  void listen() throws Exception {
    authority("ca");
    authority("other");
    sign("server", "ca");
    sign("client", "ca");
    sign("stranger", "other");
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    listener = TlsListener.listen(address, files("ca", "server").read(), _ -> {});
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
  }

  private void authority(String name) throws Exception {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN="
            + name
            + " -keyout %1$s.key -out %1$s.pem".formatted(name));
  }

  private void sign(String name, String authority) throws Exception {
    openssl(
        "req -newkey rsa:2048 -nodes -subj /CN=%1$s -keyout %1$s.key -out %1$s.csr"
            .formatted(name));
    openssl(
        "x509 -req -in %1$s.csr -CA %2$s.pem -CAkey %2$s.key -CAcreateserial -days 2 -out %1$s.pem"
            .formatted(name, authority));
  }

  private void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private TlsFiles files(String authority, String name) {
    return new TlsFiles(
        directory.resolve(authority + ".pem"),
        directory.resolve(name + ".pem"),
        directory.resolve(name + ".key"));
  }

  /** Connects with a certificate; the context of a server serves a client as well. */
  private SSLSocket connect(String name) throws IOException {
    SSLSocket client =
        (SSLSocket)
            files("ca", name)
                .read()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), listener.port());
    client.setUseClientMode(true);
    return client;
  }

  @Test
  void clientWithACertificateEndsItsSideAndReadsOn() throws Exception {
    try (SSLSocket client = connect("client")) {
      client.startHandshake();
      assertThat(client.getSession().getProtocol()).isEqualTo("TLSv1.3");
      try (Wire wire = Objects.requireNonNull(listener.accept())) {
        client.getOutputStream().write("asked".getBytes(US_ASCII));
        client.shutdownOutput();
        ByteBuffer read = ByteBuffer.allocate(64);
        while (wire.read(read) >= 0) {
          // until the client has ended its side
        }
        assertThat(new String(read.array(), 0, read.position(), US_ASCII)).isEqualTo("asked");
        wire.write(ByteBuffer.wrap("answered".getBytes(US_ASCII)));
        wire.endOutput();
        assertThat(new String(client.getInputStream().readAllBytes(), US_ASCII))
            .isEqualTo("answered");
      }
    }
  }

  @Test
  void clientOfAnotherAuthorityNeverBecomesAConnection() throws Exception {
    assertThatThrownBy(
            () -> {
              try (SSLSocket client = connect("stranger")) {
                client.startHandshake();
                client.getOutputStream().write(1);
                // With TLS 1.3 the refusal comes after the client's end of the handshake.
                if (client.getInputStream().read() < 0) {
                  throw new IOException("ended");
                }
              }
            })
        .isInstanceOf(IOException.class);
    try (SSLSocket client = connect("client")) {
      client.startHandshake();
      client.getOutputStream().write(7);
      try (Wire wire = Objects.requireNonNull(listener.accept())) {
        ByteBuffer first = ByteBuffer.allocate(1);
        assertThat(wire.read(first)).isEqualTo(1);
        assertThat(first.get(0)).isEqualTo((byte) 7);
      }
    }
  }

  @Test
  void silentClientsDoNotKeepOthersOut() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        silent.add(new Socket(InetAddress.getLoopbackAddress(), listener.port()));
      }
      try (SSLSocket client = connect("client")) {
        client.startHandshake();
        Objects.requireNonNull(listener.accept()).close();
      }
    } finally {
      for (Socket each : silent) {
        each.close();
      }
    }
  }

  @Test
  void failedAcceptIsLoggedAndLaterClientsAreAccepted() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    ServerSocket socket =
        new ServerSocket(0, 1, InetAddress.getLoopbackAddress()) {
          @Override
          public Socket accept() throws IOException {
            if (fails.getAndSet(false)) {
              throw new IOException("Too many open files");
            }
            return super.accept();
          }
        };
    Queue<String> log = new ConcurrentLinkedQueue<>();
    listener.close();
    listener = TlsListener.over(socket, files("ca", "server").read(), log::add);
    try (SSLSocket client = connect("client")) {
      client.startHandshake();
      Objects.requireNonNull(listener.accept()).close();
    }
    assertThat(log)
        .containsExactly(
            "port " + socket.getLocalPort() + ": a client was not accepted: Too many open files");
  }

  @Test
  void closedListenerAcceptsNobody() throws Exception {
    listener.close();
    assertThat(listener.accept()).isNull();
    assertThat(listener.accept()).isNull();
  }

  @Test
  void missingAndWrongFilesAreNamed() throws IOException {
    assertThatThrownBy(() -> files("ca", "nobody").read())
        .hasMessageStartingWith("--tlscert " + directory.resolve("nobody.pem"));
    Files.writeString(directory.resolve("server.key"), "no key");
    assertThatThrownBy(() -> files("ca", "server").read()).hasMessageContaining("--tlskey");
  }
}
