package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.container.Readiness;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.FakeDaemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.ServedRoutes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients over real HTTP that attach to a container that has ended. */
@Timeout(60)
class AttachRoutesTest {
  private static final String ATTACH =
      String.join(
          "\r\n",
          "POST /containers/aaaa/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1",
          "Connection: Upgrade",
          "Upgrade: tcp",
          "",
          "");

  @TempDir private Path directory;
  private FakeDaemon fake;
  private Daemon daemon;
  private ServedRoutes server;

  @BeforeEach
  void serve() throws IOException {
    fake = new FakeDaemon(directory.resolve("daemon"));
    fake.listed.add(Container.newBuilder().setId("aaaa").build());
    daemon = Daemon.at(directory.resolve("daemon"));
    Router router = new Router();
    new AttachRoutes(daemon, new Lookup(daemon), new Readiness(daemon, _ -> {})).addTo(router);
    server = ServedRoutes.on(directory.resolve("engine"), router);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    daemon.close();
    fake.close();
  }

  private SocketChannel attach() throws IOException {
    SocketChannel client = server.connect();
    client.write(ByteBuffer.wrap(ATTACH.getBytes(UTF_8)));
    return client;
  }

  private static ContainerStatus.Builder ended() {
    return ContainerStatus.newBuilder()
        .setId("aaaa")
        .setStartedAt(1)
        .setState(ContainerState.CONTAINER_EXITED);
  }

  @Test
  void endedContainerWithoutALogIsAConflict() throws IOException {
    fake.statuses.put("aaaa", ended().build());
    try (SocketChannel client = attach()) {
      client.shutdownOutput();
      assertThat(Channels.newInputStream(client).readAllBytes())
          .asString(UTF_8)
          .startsWith("HTTP/1.1 409 Conflict")
          .contains("container aaaa has no log");
    }
  }

  @Test
  void clientWithInputIsAttachedToTheNextRunWhenItStarts() throws Exception {
    Path log = Files.createFile(directory.resolve("log"));
    ContainerStatus ended = ended().setLogPath(log.toString()).build();
    fake.statuses.put("aaaa", ended);
    try (FakeStreams streams = new FakeStreams();
        SocketChannel client = attach()) {
      fake.streams = streams.endpoint().url().toString();
      InputStream in = Channels.newInputStream(client);
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(UTF_8).endsWith("\r\n\r\n")) {
        head.write(in.read());
      }
      assertThat(head.toString(UTF_8)).startsWith("HTTP/1.1 101 ");
      fake.statuses.put(
          "aaaa",
          ended.toBuilder().setStartedAt(2).setState(ContainerState.CONTAINER_RUNNING).build());
      client.shutdownOutput();
      assertThat(in.readAllBytes())
          .asString(UTF_8)
          .isEqualTo("\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0003bye");
    }
  }

  @Test
  void clientThatWantsNoStreamGetsNothing() throws IOException {
    fake.statuses.put("aaaa", ended().setState(ContainerState.CONTAINER_RUNNING).build());
    try (SocketChannel client = server.connect()) {
      client.write(ByteBuffer.wrap(ATTACH.replace("stream=1", "stream=0").getBytes(UTF_8)));
      assertThat(Channels.newInputStream(client).readAllBytes())
          .asString(UTF_8)
          .startsWith("HTTP/1.1 101 ")
          .endsWith("\r\n\r\n");
    }
  }
}
