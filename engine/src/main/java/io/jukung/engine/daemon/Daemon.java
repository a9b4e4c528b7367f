package io.jukung.engine.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.docker.NodeFacts;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.engine.http.DaemonStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * The calls of the daemon, over one connection that all requests share. Connects at the first call,
 * and again after the daemon was away. Thread-safe.
 */
public final class Daemon implements AutoCloseable {
  /** Deadline of calls that the daemon answers from memory. */
  private static final Duration QUERY = Duration.ofSeconds(10);

  /** Deadline of calls that change something, which may wait for network plugins and slow disks. */
  public static final Duration CHANGE = Duration.ofMinutes(4);

  private static final int MAX_ANSWER_BYTES = 64 << 20;

  private final CriChannel channel;

  /** What lists show of containers that does not change, see {@link NodeFacts}. */
  private final ConcurrentMap<String, JsonNode> details = new ConcurrentHashMap<>();

  private Daemon(CriChannel channel) {
    this.channel = channel;
  }

  /**
   * Returns the calls of the daemon behind a socket.
   *
   * @param socket the daemon's
   */
  public static Daemon at(Path socket) {
    return new Daemon(CriChannel.open(socket, MAX_ANSWER_BYTES));
  }

  private Channel grpc() {
    return channel.grpc();
  }

  public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
    return RuntimeServiceGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(QUERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** For calls that change something. */
  public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime(Duration deadline) {
    return RuntimeServiceGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** For calls that go on until the caller has enough. */
  public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtimeWithoutDeadline() {
    return RuntimeServiceGrpc.newBlockingStub(grpc());
  }

  public ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ContainersGrpc.ContainersBlockingStub containers() {
    return ContainersGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** For copies, which take as long as they take. */
  public ContainersGrpc.ContainersBlockingStub copies() {
    return ContainersGrpc.newBlockingStub(grpc());
  }

  /** As {@link #copies()}, for those whose requests are streams. */
  public ContainersGrpc.ContainersStub uploads() {
    return ContainersGrpc.newStub(grpc());
  }

  public VolumesGrpc.VolumesBlockingStub volumes() {
    return VolumesGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  public NetworksGrpc.NetworksBlockingStub networks() {
    return NetworksGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What the facts of all containers have in common. */
  public NodeFacts nodeFacts() {
    return NodeFacts.ask(grpc(), QUERY);
  }

  /** As {@link #nodeFacts}, for a list of all containers. */
  public NodeFacts nodeFactsForAll() {
    return NodeFacts.askForAll(grpc(), QUERY, details);
  }

  /** All that is known of a container; one that is gone is an error of the daemon. */
  public ContainerFacts facts(String id, NodeFacts node) {
    return ContainerFacts.ask(grpc(), id, QUERY, node);
  }

  /** Without a deadline: the client decides how long a pull may take. */
  public JukungGrpc.JukungBlockingStub jukung() {
    return JukungGrpc.newBlockingStub(grpc());
  }

  /** Without a deadline: the client decides how long a push may take. */
  public ImagesGrpc.ImagesBlockingStub madeImages() {
    return ImagesGrpc.newBlockingStub(grpc());
  }

  /** Builds, whose requests and answers are streams. */
  public BuildsGrpc.BuildsStub builds() {
    return BuildsGrpc.newStub(grpc());
  }

  public BuildsGrpc.BuildsBlockingStub buildCache() {
    return BuildsGrpc.newBlockingStub(grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The status of a container; empty if there is no such container. */
  public Optional<ContainerStatus> status(String id) {
    try {
      return Optional.of(
          runtime()
              .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build())
              .getStatus());
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The status with the daemon's own details. */
  public ContainerStatusResponse details(String id) {
    return runtime()
        .containerStatus(
            ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build());
  }

  /** The status of a pod; empty if there is no such pod. */
  public Optional<PodSandboxStatus> pod(String id) {
    try {
      return Optional.of(
          runtime()
              .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
              .getStatus());
    } catch (StatusRuntimeException e) {
      if (DaemonStatus.isNotFound(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void close() {
    channel.close();
  }
}
