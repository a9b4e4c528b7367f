package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Command.Transport;
import io.jukung.e2e.stream.Flood;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.SpdyClient;
import io.jukung.e2e.stream.StreamUrls;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The streaming server with a certificate, and clients that check it with OpenSSL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class StreamingTlsIT {
  /** How often a client connects before it gives up, while strangers flood the server. */
  private static final int FLOOD_ATTEMPTS = 10;

  private Path certificates;
  private Testbed testbed;
  private Pod pod;
  private String container;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    certificates = directory;
    authority("trusted");
    authority("stranger");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=node -keyout server.key -out server.csr");
    Files.writeString(certificates.resolve("server.ext"), "subjectAltName=IP:127.0.0.1\n");
    openssl(
        "x509 -req -in server.csr -CA trusted.pem -CAkey trusted.key -CAcreateserial -days 2"
            + " -extfile server.ext -out server.pem");
    testbed = Testbed.start(Map.of(), configuration("server.pem", "server.key"));
    pod = testbed.runPod("tls", NamespaceMode.POD);
    container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "echo",
                    testbed.busybox(),
                    List.of("sh", "-c", "nc -ll -p 7007 -e cat & while read x; do echo $x; done"))
                .setStdin(true)
                .build());
  }

  @AfterAll
  void stop() throws Exception {
    if (testbed != null) {
      testbed.removeAllPods();
      testbed.close();
    }
  }

  private void authority(String name) throws Exception {
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=%s -keyout %s.key -out %s.pem"
            .formatted(name, name, name));
  }

  private void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .directory(certificates.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }

  private String configuration(String certificate, String key) {
    return "[streaming]\ntls_certificate = \"%s\"\ntls_key = \"%s\""
        .formatted(certificates.resolve(certificate), certificates.resolve(key));
  }

  private URI execUrl(String... words) {
    return StreamUrls.exec(testbed.client(), container, Streams.ALL, words);
  }

  private Relay relay(URI url) throws Exception {
    assertThat(url.getScheme()).isEqualTo("https");
    return Relay.toTls(testbed.node(), url, certificates.resolve("trusted.pem"));
  }

  @ParameterizedTest
  @EnumSource
  void execWorksOverTls(Transport transport) throws Exception {
    URI url = execUrl("sh", "-c", "cat; head -c 10000000 /dev/zero | tr '\\0' x; exit 7");
    try (Relay relay = relay(url);
        Command command = transport.connect(relay.socket(), url, Streams.ALL)) {
      command.type("typed");
      command.endInput();
      assertThat(command.awaitStatus()).contains("\"message\":\"7\"");
      assertThat(command.stdout().awaitEnd()).startsWith("typedxxx").hasSize(10_000_005);
    }
  }

  @ParameterizedTest
  @EnumSource
  void attachWorksOverTls(Transport transport) throws Exception {
    URI url = StreamUrls.attach(testbed.client(), container, Streams.ALL);
    try (Relay relay = relay(url);
        Command command = transport.connect(relay.socket(), url, Streams.ALL)) {
      command.type("over tls\n");
      command.stdout().awaitText("over tls\n");
    }
  }

  @Test
  void portForwardWorksOverTls() throws Exception {
    Await.until(
        "the server listens",
        () ->
            testbed
                .exec(container, "cat", "/proc/net/tcp6", "/proc/net/tcp")
                .getStdout()
                .toStringUtf8()
                .contains(":%04X ".formatted(7007)));
    URI url = StreamUrls.portForward(testbed.client(), pod.id());
    try (Relay relay = relay(url);
        SpdyClient client = SpdyClient.connect(relay.socket(), url, "portforward.k8s.io")) {
      assertThat(client.forward(7007, "there and back")).isEqualTo("there and back");
    }
  }

  @Test
  void stalledHandshakesKeepNobodyOut() throws Exception {
    URI first = execUrl("true");
    Footprint before = Footprint.of(testbed);
    try (Relay relay = relay(first)) {
      try (Flood flood = Flood.start(testbed.node(), first, Flood.Kind.TLS_HELLO, 2000)) {
        for (int round = 0; round < 5; round++) {
          URI url = execUrl("echo", "hello");
          try (Command command = connectDuringFlood(relay, url)) {
            assertThat(command.stdout().awaitEnd()).isEqualTo("hello\n");
          }
        }
        assertThat(flood.isRunning()).isTrue();
      }
    }
    Footprint.awaitBackAt(before, testbed);
  }

  /**
   * Connects as a user would under an attack. On a busy machine the client's handshake may take
   * longer than the server keeps a connection that newer ones push out. The URL can then still be
   * used, because its token was not sent.
   */
  private static Command connectDuringFlood(Relay relay, URI url) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return Transport.SPDY.connect(relay.socket(), url, Streams.ALL);
      } catch (IOException e) {
        if (attempt == FLOOD_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  @Test
  void jukungsOwnClientWorksOverTls() throws Exception {
    assertThat(
            testbed
                .node()
                .run(
                    "sh",
                    "-c",
                    "echo typed | JUKUNG_SOCKET=%s %s exec -i %s cat"
                        .formatted(
                            testbed.daemon().socket(),
                            Daemon.dist().resolve("bin/jukung"),
                            container))
                .orThrow())
        .isEqualTo("typed\n");
  }

  @Test
  void clientThatTrustsAnotherAuthorityRefusesTheServer() throws Exception {
    URI url = execUrl("true");
    try (Relay relay = Relay.toTls(testbed.node(), url, certificates.resolve("stranger.pem"))) {
      assertThatThrownBy(() -> Transport.SPDY.connect(relay.socket(), url, Streams.ALL))
          .hasMessageContaining("closed");
      assertThat(Files.readString(testbed.node().directory().resolve("relay.log")))
          .contains("certificate verify failed");
    }
    // The URL can still be used: its token was not sent to the server.
    try (Relay relay = relay(url);
        Command command = Transport.SPDY.connect(relay.socket(), url, Streams.ALL)) {
      assertThat(command.awaitStatus()).contains("Success");
    }
  }

  @Test
  void clientWithoutTlsIsNotServed() throws Exception {
    URI url = execUrl("true");
    try (Relay relay = Relay.to(testbed.node(), url)) {
      assertThatThrownBy(() -> Transport.SPDY.connect(relay.socket(), url, Streams.ALL))
          .isInstanceOf(IOException.class);
    }
    try (Relay relay = relay(url);
        Command command = Transport.SPDY.connect(relay.socket(), url, Streams.ALL)) {
      assertThat(command.awaitStatus()).contains("Success");
    }
  }

  @Test
  void unusableCertificateFilesFailTheStartByName() throws Exception {
    Files.writeString(certificates.resolve("garbage.pem"), "no certificate\n");
    Files.writeString(certificates.resolve("garbage.key"), "no key\n");
    openssl("ecparam -name prime256v1 -genkey -noout -out sec1.key");
    assertThat(refusal("garbage.pem", "server.key"))
        .contains("streaming.tls_certificate", "garbage.pem")
        .doesNotContain("tls_key");
    assertThat(refusal("missing.pem", "server.key"))
        .contains("streaming.tls_certificate", "missing.pem: no such file");
    assertThat(refusal("server.pem", "garbage.key"))
        .contains("streaming.tls_key", "garbage.key: no PKCS#8 key in it")
        .doesNotContain("tls_certificate");
    assertThat(refusal("server.pem", "sec1.key")).contains("sec1.key: no PKCS#8 key in it");
    assertThat(refusal("server.pem", "stranger.key"))
        .contains("streaming.tls_key", "stranger.key: not the key of streaming.tls_certificate");
  }

  /** The message of a daemon that refuses to start with these files. */
  private String refusal(String certificate, String key) throws Exception {
    Daemon refused = Daemon.in(testbed.node(), "refused-" + certificate + "-" + key);
    refused.writeConfig(configuration(certificate, key));
    refused.launch();
    assertThat(refused.awaitExit()).isNotZero();
    assertThat(refused.log().strip().lines()).as(refused.log()).hasSize(1);
    return refused.log();
  }
}
