package io.jukung.runtime.nri.ttrpc;

/** The answer to a call is an error: the other side works, but has not done what was asked. */
public final class TtrpcException extends Exception {
  private static final long serialVersionUID = 1L;

  // Codes of gRPC.
  public static final int UNKNOWN = 2;
  public static final int INVALID_ARGUMENT = 3;
  public static final int RESOURCE_EXHAUSTED = 8;
  public static final int FAILED_PRECONDITION = 9;
  public static final int UNIMPLEMENTED = 12;

  private final int code;

  /**
   * @param code a code of gRPC, not 0
   */
  public TtrpcException(int code, String message) {
    super(message);
    this.code = code;
  }

  public int code() {
    return code;
  }
}
