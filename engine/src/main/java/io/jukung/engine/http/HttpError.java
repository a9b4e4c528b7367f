package io.jukung.engine.http;

/** A request that fails, with the status and the message that the client gets. */
public final class HttpError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  public HttpError(int status, String message) {
    super(message, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
    this.status = status;
  }

  public int status() {
    return status;
  }

  /** The message, which is never missing. */
  public String text() {
    return String.valueOf(getMessage());
  }

  public static HttpError badRequest(String message) {
    return new HttpError(400, message);
  }

  public static HttpError notFound(String message) {
    return new HttpError(404, message);
  }

  public static HttpError conflict(String message) {
    return new HttpError(409, message);
  }

  /** For a field or parameter that is set and that jukung cannot carry out: it is never ignored. */
  public static HttpError notImplemented(String field) {
    return new HttpError(501, field + " is not implemented by jukung");
  }
}
