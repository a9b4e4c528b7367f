package io.jukung.cri;

import org.jspecify.annotations.Nullable;

/**
 * A call that failed, with the reason the caller sees. The message says what was tried, on what,
 * and why it failed, in one sentence, and never holds a secret.
 */
public final class CriException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  public CriException(ErrorKind kind, String message) {
    this(kind, message, null);
  }

  public CriException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public ErrorKind kind() {
    return kind;
  }

  public static CriException invalidArgument(String message) {
    return new CriException(ErrorKind.INVALID_ARGUMENT, message);
  }

  public static CriException notFound(String message) {
    return new CriException(ErrorKind.NOT_FOUND, message);
  }

  public static CriException failedPrecondition(String message) {
    return new CriException(ErrorKind.FAILED_PRECONDITION, message);
  }

  /** A request field that is set and not implemented: never ignored, always named. */
  public static CriException unimplementedField(String field) {
    return new CriException(
        ErrorKind.UNIMPLEMENTED, "request field " + field + " is not implemented");
  }

  public static CriException internal(String message, @Nullable Throwable cause) {
    return new CriException(ErrorKind.INTERNAL, message, cause);
  }
}
