package io.jukung.cri;

import org.jspecify.annotations.Nullable;

/**
 * A failed call of the CRI, with the kind of failure that the caller sees. The message says in one
 * sentence what was tried, on what, and why it failed. It never contains a secret.
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

  /**
   * For a request field that is set but not implemented: such a field is never ignored, and the
   * message names it.
   */
  public static CriException unimplementedField(String field) {
    return new CriException(
        ErrorKind.UNIMPLEMENTED, "request field " + field + " is not implemented");
  }

  public static CriException internal(String message, @Nullable Throwable cause) {
    return new CriException(ErrorKind.INTERNAL, message, cause);
  }
}
