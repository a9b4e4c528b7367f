package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.FakeDaemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.ServedRoutes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients over real HTTP that run commands in a container, whose processes are fake ones. */
@Timeout(60)
class ExecRoutesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;
  private FakeStreams streams;
  private FakeDaemon fake;
  private Daemon daemon;
  private ServedRoutes server;

  @BeforeEach
  void serve() throws Exception {
    streams = new FakeStreams();
    fake = new FakeDaemon(directory.resolve("daemon"));
    fake.listed.add(
        Container.newBuilder().setId("aaaa").setState(ContainerState.CONTAINER_RUNNING).build());
    fake.streams = streams.endpoint().url().toString();
    daemon = Daemon.at(directory.resolve("daemon"));
    Router router = new Router();
    new ExecRoutes(daemon, new Lookup(daemon), _ -> {}).addTo(router);
    server = ServedRoutes.on(directory.resolve("engine"), router);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    daemon.close();
    fake.close();
    streams.close();
  }

  private SocketChannel send(String method, String path, String body, String headers)
      throws IOException {
    SocketChannel client = server.connect();
    String head =
        "%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(method, path, headers, body.length());
    client.write(ByteBuffer.wrap((head + body).getBytes(UTF_8)));
    return client;
  }

  /** Sends a request and returns the JSON of the answer. */
  private JsonNode call(String method, String path, String body) throws IOException {
    try (SocketChannel client = send(method, path, body, "Connection: close\r\n")) {
      String answer = new String(Channels.newInputStream(client).readAllBytes(), UTF_8);
      return JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
    }
  }

  @Test
  void commandWhoseClientLeavesGoesOnAndItsExitCodeIsKept() throws Exception {
    String id =
        call(
                "POST",
                "/containers/aaaa/exec",
                "{\"Cmd\":[\"cat\"],\"AttachStdin\":true,\"AttachStdout\":true}")
            .path("Id")
            .asText();
    String upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    try (SocketChannel client = send("POST", "/exec/" + id + "/start", "{}", upgrade)) {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(UTF_8).endsWith("\r\n\r\n")) {
        head.write(Channels.newInputStream(client).read());
      }
      assertThat(head.toString(UTF_8)).startsWith("HTTP/1.1 101 ");
      assertThat(call("GET", "/exec/" + id + "/json", "").path("Running").asBoolean()).isTrue();
    }
    JsonNode exec = call("GET", "/exec/" + id + "/json", "");
    while (exec.path("Running").asBoolean()) { // the fake process ends with its input
      TimeUnit.MILLISECONDS.sleep(10);
      exec = call("GET", "/exec/" + id + "/json", "");
    }
    assertThat(exec.path("ExitCode").isNumber()).isTrue();
    assertThat(exec.path("ExitCode").asInt()).isZero();
  }

  /** docker's library for Python lost output that came in one piece with the answer. */
  @Test
  void clientHasItsAnswerBeforeTheCommandIsStarted() throws Exception {
    streams.close(); // so that the command cannot be started
    String id = call("POST", "/containers/aaaa/exec", "{\"Cmd\":[\"true\"]}").path("Id").asText();
    String upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    try (SocketChannel client = send("POST", "/exec/" + id + "/start", "{}", upgrade)) {
      String answer = new String(Channels.newInputStream(client).readAllBytes(), UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 101 ").contains("\r\n\r\n").contains("exec " + id);
    }
    JsonNode exec = call("GET", "/exec/" + id + "/json", "");
    assertThat(exec.path("Running").asBoolean()).isFalse();
    assertThat(exec.path("ExitCode").asInt()).isEqualTo(126);
  }
}
