package io.jukung.cli.command;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.BuildsGrpc.BuildsBlockingStub;
import io.jukung.client.v1.BuildsGrpc.BuildsStub;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ContainersGrpc.ContainersBlockingStub;
import io.jukung.client.v1.ContainersGrpc.ContainersStub;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.ImagesGrpc.ImagesBlockingStub;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.JukungGrpc.JukungBlockingStub;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.NetworksGrpc.NetworksBlockingStub;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.client.v1.VolumesGrpc.VolumesBlockingStub;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A connection to the daemon's CRI socket, with the daemon's errors as sentences for the user.
 *
 * <p>Nothing is sent before the first call. A missing daemon shows in that call.
 */
public final class Connection implements AutoCloseable {
  /** Deadline of calls that the daemon answers from memory. */
  public static final Duration QUERY = Duration.ofSeconds(10);

  /**
   * Deadline of calls that change something, which may wait for network plugins and slow disks.
   * Kubelet waits as long.
   */
  public static final Duration CHANGE = Duration.ofMinutes(4);

  private static final int MAX_ANSWER_BYTES = 64 << 20;

  /**
   * A strong reference, because java.util.logging drops a logger and its level with the last one.
   */
  private static final Logger SILENCED = Logger.getLogger("io");

  private final Path socket;
  private final CriChannel channel;

  private Connection(Path socket, CriChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  /**
   * @param socket the path as the user has named it, for messages
   * @param reached the path by which this process reaches the socket
   */
  static Connection open(Path socket, Path reached) {
    // Netty and gRPC log through java.util.logging, and nothing of it is printed: errors reach the
    // user as the sentences below. Without the first line, Netty would load SLF4J.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    SILENCED.setLevel(Level.OFF);
    return new Connection(socket, CriChannel.open(reached, MAX_ANSWER_BYTES));
  }

  public Path socket() {
    return socket;
  }

  /** Returns the channel, for calls that this class has no stub for. */
  public Channel channel() {
    return channel.grpc();
  }

  public RuntimeServiceBlockingStub runtime(Duration deadline) {
    return RuntimeServiceGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  public RuntimeServiceBlockingStub runtime() {
    return runtime(QUERY);
  }

  /** Returns a stub without a deadline, for the calls that last until the user has enough. */
  public RuntimeServiceBlockingStub runtimeWithoutDeadline() {
    return RuntimeServiceGrpc.newBlockingStub(channel.grpc());
  }

  public ImageServiceBlockingStub images(Duration deadline) {
    return ImageServiceGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ImageServiceBlockingStub images() {
    return images(QUERY);
  }

  /** Returns a stub without a deadline: the user decides how long a pull may take. */
  public ImageServiceBlockingStub imagesWithoutDeadline() {
    return ImageServiceGrpc.newBlockingStub(channel.grpc());
  }

  /** Returns a stub of the calls on containers that CRI does not have. */
  public ContainersBlockingStub containers(Duration deadline) {
    return ContainersGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ContainersBlockingStub containers() {
    return containers(QUERY);
  }

  /** As {@link #containers()}, without a deadline, for the calls that last until they are over. */
  public ContainersBlockingStub containersWithoutDeadline() {
    return ContainersGrpc.newBlockingStub(channel.grpc());
  }

  /** As {@link #containersWithoutDeadline()}, for calls whose requests are streams. */
  public ContainersStub containerUploads() {
    return ContainersGrpc.newStub(channel.grpc());
  }

  /** Returns a stub of the calls on volumes. */
  public VolumesBlockingStub volumes() {
    return VolumesGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Returns a stub of the calls on networks. */
  public NetworksBlockingStub networks() {
    return NetworksGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Returns a stub of jukung's own service, without a deadline: the user decides how long a pull or
   * an import may take.
   */
  public JukungBlockingStub jukung() {
    return JukungGrpc.newBlockingStub(channel.grpc());
  }

  /**
   * Returns a stub of the daemon's service for images that are made here, without a deadline: the
   * user decides how long a push may take.
   */
  public ImagesBlockingStub madeImages() {
    return ImagesGrpc.newBlockingStub(channel.grpc());
  }

  /** Returns a stub for builds, whose requests and answers are streams. */
  public BuildsStub builds() {
    return BuildsGrpc.newStub(channel.grpc());
  }

  /** Returns a stub of the calls about the build cache. */
  public BuildsBlockingStub buildCache() {
    return BuildsGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(CHANGE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Returns a container's status; empty where there is no such container. */
  public Optional<ContainerStatus> containerStatus(String id) {
    var request = ContainerStatusRequest.newBuilder().setContainerId(id).build();
    return ifFound(() -> runtime().containerStatus(request).getStatus());
  }

  /** Returns a container's status with the daemon's own details, which CRI calls verbose. */
  public ContainerStatusResponse verboseContainerStatus(String id) {
    return runtime()
        .containerStatus(
            ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build());
  }

  /** Returns a pod's status; empty where there is no such pod. */
  public Optional<PodSandboxStatus> podStatus(String id) {
    var request = PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build();
    return ifFound(() -> runtime().podSandboxStatus(request).getStatus());
  }

  private static <T> Optional<T> ifFound(Supplier<T> call) {
    try {
      return Optional.of(call.get());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Returns the failure of a container or an exec that did not start, with docker's exit code for
   * it.
   *
   * @param otherwise the exit code where something other than the execve of the command failed
   */
  public CliException startFailure(StatusRuntimeException failure, int otherwise) {
    String reason = Objects.requireNonNullElse(failure.getStatus().getDescription(), "");
    return CliException.withExitCode(ExitCode.ofStartFailure(reason, otherwise), sentence(failure));
  }

  /** Returns what a failed call on this connection means, for the user. */
  public String sentence(StatusRuntimeException failure) {
    return sentence(failure, socket);
  }

  public static String sentence(StatusRuntimeException failure, Path socket) {
    Status status = failure.getStatus();
    String description = Objects.requireNonNullElse(status.getDescription(), "no reason given");
    return switch (status.getCode()) {
      case UNAVAILABLE -> unreachable(status, socket, description);
      case DEADLINE_EXCEEDED -> "the daemon on " + socket + " did not answer in time";
      case UNIMPLEMENTED -> "the daemon on " + socket + " cannot do this: " + description;
      case OK,
          CANCELLED,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          INTERNAL,
          DATA_LOSS,
          UNAUTHENTICATED ->
          description;
    };
  }

  private static String unreachable(Status status, Path socket, String description) {
    if (!(status.getCause() instanceof IOException cause)) {
      return description;
    }
    String message = Objects.requireNonNullElse(cause.getMessage(), cause.toString());
    // Netty adds the path by which this process has reached the socket.
    boolean hasPath = message.endsWith(String.valueOf(socket.getFileName()));
    String reason = hasPath ? message.split(": ", 2)[0] : message;
    return reason.contains("Permission denied")
        ? "no permission to use " + socket + ", try as root"
        : "cannot reach a daemon on " + socket + " (" + reason + "), is `jukung serve` running?";
  }

  @Override
  public void close() {
    channel.close();
  }
}
