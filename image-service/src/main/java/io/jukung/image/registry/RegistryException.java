package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request to a registry, a mirror or a token server failed or was answered with an error. */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;
  private final transient @Nullable Duration retryAfter;

  private RegistryException(
      ErrorKind kind, String message, @Nullable Throwable cause, @Nullable Duration retryAfter) {
    super(message, cause);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  RegistryException(ErrorKind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, null);
  }

  RegistryException(ErrorKind kind, String message) {
    this(kind, message, null, null);
  }

  /** The same failure, marked as one that a later attempt may not meet. */
  RegistryException retriable(Duration after) {
    return new RegistryException(kind, String.valueOf(getMessage()), getCause(), after);
  }

  public ErrorKind kind() {
    return kind;
  }

  /**
   * How long to wait before the same request is worth repeating: zero if the host names no time,
   * empty if a repetition would fail in the same way.
   */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
