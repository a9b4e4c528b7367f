package io.jukung.engine.http;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Objects;

/** What a failed call of the daemon is in HTTP: the numbers that docker gives the same errors. */
public final class DaemonStatus {
  private DaemonStatus() {}

  /** The status of the response. */
  public static int of(StatusRuntimeException failure) {
    return switch (failure.getStatus().getCode()) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> 400;
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case NOT_FOUND -> 404;
      case ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED -> 409;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE, RESOURCE_EXHAUSTED -> 503;
      case DEADLINE_EXCEEDED -> 504;
      case OK, CANCELLED, UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }

  /** The daemon's sentence. */
  public static String message(StatusRuntimeException failure) {
    Status status = failure.getStatus();
    String said = Objects.requireNonNullElse(status.getDescription(), "no reason given");
    return status.getCode() == Status.Code.UNAVAILABLE && status.getCause() != null
        ? "the daemon of jukung cannot be reached: " + status.getCause().getMessage()
        : said;
  }

  /** Whether the daemon says that there is no such thing. */
  public static boolean isNotFound(StatusRuntimeException failure) {
    return failure.getStatus().getCode() == Status.Code.NOT_FOUND;
  }
}
