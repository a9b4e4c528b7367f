package io.jukung.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.streaming.StreamEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connects to a TLS server with a self-signed certificate. */
@Timeout(60)
class SpdyDialerTest {
  private static final char[] PASSWORD = "password".toCharArray();

  /** What the server has read from each connection; empty where the handshake failed. */
  private final BlockingQueue<String> read = new LinkedBlockingQueue<>();

  private SSLServerSocket server;
  private String sha256;

  @BeforeEach
  void serve(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("store");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "node",
                "-dname",
                "CN=elsewhere",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    byte[] certificate = store.getCertificate("node").getEncoded();
    sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 4, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (!server.isClosed()) {
      try (var connection = server.accept()) {
        byte[] bytes = new byte[1 << 16];
        int count = connection.getInputStream().read(bytes);
        read.add(new String(bytes, 0, Math.max(0, count), StandardCharsets.US_ASCII));
        connection
            .getOutputStream()
            .write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes());
      } catch (IOException e) {
        read.add("");
      }
    }
  }

  private void forward(String certificate) throws Exception {
    URI url = URI.create("https://127.0.0.1:" + server.getLocalPort() + "/portforward/token");
    PortForwarder.connect(new StreamEndpoint(url, certificate), failure -> {}).close();
  }

  @Test
  void certificateThatTheDaemonNamedIsTrustedForAnyHostAndIssuer() throws Exception {
    assertThatThrownBy(() -> forward(sha256)).hasMessageContaining("404");
    assertThat(read.poll(10, TimeUnit.SECONDS)).contains("/portforward/token");
  }

  @Test
  void otherCertificateIsRefusedBeforeTheTokenIsSent() throws Exception {
    assertThatThrownBy(() -> forward("00".repeat(32)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("server certificate with unknown fingerprint")
        .hasMessageNotContaining("Exception");
    assertThat(read.poll(10, TimeUnit.SECONDS)).isEmpty();
  }
}
