package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a registry, a mirror or a token server answered instead of what was asked for. */
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

  /** A failure that may be over soon. */
  RegistryException retriable(Duration after) {
    return new RegistryException(kind, String.valueOf(getMessage()), getCause(), after);
  }

  public ErrorKind kind() {
    return kind;
  }

  /**
   * How long the host wants to be left alone before the same question; zero where it does not say,
   * empty where the answer would be the same.
   */
  Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
