package io.jukung.engine.container;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.FakeDaemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.ServedRoutes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests over real HTTP, to an engine whose daemon is a fake one. */
@Timeout(30)
class ContainerRoutesTest {
  private FakeDaemon fake;
  private Daemon daemon;
  private EventHub events;
  private ServedRoutes server;

  @BeforeEach
  void serve(@TempDir Path directory) throws IOException {
    fake = new FakeDaemon(directory.resolve("daemon"));
    daemon = Daemon.at(directory.resolve("daemon"));
    events = new EventHub(daemon);
    Router router = new Router();
    new ContainerRoutes(
            daemon,
            new Lookup(daemon),
            events,
            new Removal(daemon, _ -> {}),
            new Readiness(daemon, _ -> {}),
            directory)
        .addTo(router);
    server = ServedRoutes.on(directory.resolve("engine"), router);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    events.close();
    daemon.close();
    fake.close();
  }

  private String answer(String request) throws IOException {
    try (SocketChannel client = server.connect()) {
      client.write(ByteBuffer.wrap((request + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(UTF_8)));
      client.shutdownOutput();
      return new String(Channels.newInputStream(client).readAllBytes(), UTF_8);
    }
  }

  /** Lists a container as ended that has a state now. */
  private void ended(String id, ContainerState now) {
    fake.listed.add(
        Container.newBuilder()
            .setId(id)
            .setMetadata(ContainerMetadata.newBuilder().setName("name-of-" + id))
            .setState(ContainerState.CONTAINER_EXITED)
            .putLabels(OwnContainers.LABEL, "name-of-" + id)
            .putAnnotations(OwnContainers.RESTART, "always")
            .build());
    fake.statuses.put(id, ContainerStatus.newBuilder().setId(id).setState(now).build());
  }

  @Test
  void pruneKeepsContainersThatWaitForTheirRestartOrRunAgainOrAreGone() throws IOException {
    ended("aaaa", ContainerState.CONTAINER_EXITED);
    ended("bbbb", ContainerState.CONTAINER_EXITED);
    fake.restarting.add("bbbb");
    ended("cccc", ContainerState.CONTAINER_RUNNING);
    ended("dddd", ContainerState.CONTAINER_EXITED);
    fake.statuses.remove("dddd");
    assertThat(answer("POST /containers/prune"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("{\"ContainersDeleted\":[\"aaaa\"],\"SpaceReclaimed\":0}");
    assertThat(fake.removed).containsExactly("aaaa");
  }

  @Test
  void containerThatWaitsForItsRestartIsRemovedByForceAlone() throws IOException {
    ended("aaaa", ContainerState.CONTAINER_EXITED);
    fake.restarting.add("aaaa");
    assertThat(answer("DELETE /containers/aaaa"))
        .startsWith("HTTP/1.1 409 Conflict")
        .contains("container is restarting: stop the container before removing or force remove");
    assertThat(fake.removed).isEmpty();
    assertThat(answer("DELETE /containers/aaaa?force=1")).startsWith("HTTP/1.1 204 ");
    assertThat(fake.removed).containsExactly("aaaa");
  }

  @Test
  void containerOfKubeletIsNotRemovedByForceEither() throws IOException {
    fake.listed.add(
        Container.newBuilder()
            .setId("aaaa")
            .setMetadata(ContainerMetadata.newBuilder().setName("app"))
            .setState(ContainerState.CONTAINER_RUNNING)
            .build());
    assertThat(answer("DELETE /containers/aaaa?force=1"))
        .startsWith("HTTP/1.1 409 Conflict")
        .contains("was made by kubelet", "jukung rm");
    assertThat(fake.removed).isEmpty();
  }
}
