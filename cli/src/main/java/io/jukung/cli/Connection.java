package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.terminal.StreamEndpoint;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.JukungGrpc.JukungBlockingStub;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.cri.v1.StatusRequest;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The client's connection to a CRI endpoint, and its errors as sentences. */
final class Connection implements AutoCloseable {
  /** Answers come from memory; more than this is a daemon in trouble. */
  static final Duration QUERY = Duration.ofSeconds(10);

  /** Pods wait for network plugins, containers for slow disks; kubelet waits as long. */
  static final Duration CHANGE = Duration.ofMinutes(4);

  private static final int MAX_ANSWER_BYTES = 64 << 20;

  /** Held: java.util.logging forgets the level of a logger that nobody refers to. */
  private static final Logger SILENCED = Logger.getLogger("io");

  private final Path socket;
  private final CriChannel channel;

  private Connection(Path socket, CriChannel channel) {
    this.socket = socket;
    this.channel = channel;
  }

  static Connection open(Path socket) {
    // Not SLF4J: it would bring up the daemon's logging. Errors reach the user as sentences.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    SILENCED.setLevel(Level.OFF);
    return new Connection(socket, CriChannel.open(socket, MAX_ANSWER_BYTES));
  }

  RuntimeServiceBlockingStub runtime(Duration deadline) {
    return RuntimeServiceGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  RuntimeServiceBlockingStub runtime() {
    return runtime(QUERY);
  }

  ImageServiceBlockingStub images() {
    return images(QUERY);
  }

  ImageServiceBlockingStub images(Duration deadline) {
    return ImageServiceGrpc.newBlockingStub(channel.grpc())
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Without a deadline: how long a pull or an import takes is the user's to judge. */
  JukungBlockingStub jukung() {
    return JukungGrpc.newBlockingStub(channel.grpc());
  }

  /** As {@link #jukung()}, in the CRI's own words. */
  ImageServiceBlockingStub imagesWithoutDeadline() {
    return ImageServiceGrpc.newBlockingStub(channel.grpc());
  }

  /** Where a stream is: at an https URL with the certificate that this socket vouches for. */
  StreamEndpoint endpoint(String url) {
    URI address = URI.create(url);
    if (!address.getScheme().equals("https")) {
      return new StreamEndpoint(address, null);
    }
    String certificate =
        Json.parse(
                runtime()
                    .status(StatusRequest.newBuilder().setVerbose(true).build())
                    .getInfoOrDefault("streamingCertificate", ""))
            .asText();
    if (certificate.isEmpty()) {
      throw CliException.failed(
          "the daemon does not say which certificate it has at " + address.getAuthority());
    }
    return new StreamEndpoint(address, certificate);
  }

  @Override
  public void close() {
    channel.close();
  }

  /** What a failed call says to the user. */
  static String sentence(StatusRuntimeException failure, Path socket) {
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
    String reason = Objects.requireNonNullElse(cause.getMessage(), cause.toString());
    return reason.contains("Permission denied")
        ? "no permission to use " + socket + ", try as root"
        : "cannot reach a daemon on " + socket + " (" + reason + "), is `jukung serve` running?";
  }

  Path socket() {
    return socket;
  }
}
