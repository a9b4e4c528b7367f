package io.jukung.runtime.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Status;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.call.ReachedLimit;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.util.Objects;

/** The one place where exceptions become gRPC status. */
final class ErrorStatus {
  /**
   * The limit of a status text. The text travels percent-encoded in an HTTP/2 header; clients
   * refuse more than 8 KiB of headers in all, and would then report a protocol error instead of
   * ours.
   */
  static final int MAX_ENCODED_BYTES = 6_000;

  private ErrorStatus() {}

  /**
   * Returns the status for a failed call.
   *
   * @param context the context of the call; if the caller has cancelled it, the status says that,
   *     whatever the interrupted work threw
   */
  static Status of(Throwable failure, Context context) {
    if (context.isCancelled()) {
      return Objects.requireNonNull(Contexts.statusFromCancelled(context), "cancelled context");
    }
    return switch (failure) {
      case CriException e when e.kind() == ErrorKind.INTERNAL && ReachedLimit.causes(e) ->
          status(Status.Code.RESOURCE_EXHAUSTED, Objects.requireNonNullElse(e.getMessage(), ""));
      case CriException e ->
          status(
              Status.Code.valueOf(e.kind().name()), Objects.requireNonNullElse(e.getMessage(), ""));
      case IOException e when ReachedLimit.causes(e) ->
          status(Status.Code.RESOURCE_EXHAUSTED, text(e));
      case IOException e -> status(Status.Code.INTERNAL, text(e));
      // Only a request can bring text that is no path: the daemon's own paths have no NUL.
      case InvalidPathException e -> status(Status.Code.INVALID_ARGUMENT, "path: " + e.getReason());
      case InterruptedException e ->
          status(Status.Code.UNAVAILABLE, "the call was interrupted, the runtime is stopping");
      default ->
          status(
              Status.Code.INTERNAL,
              "error inside jukung, see its log: " + failure.getClass().getName());
    };
  }

  // Many IOExceptions of the JDK have only a path as their message, as NoSuchFileException has. Our
  // own messages are sentences.
  private static String text(IOException e) {
    if (e instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    return e.getClass() == IOException.class || e.getClass().getName().startsWith("io.jukung.")
        ? Objects.requireNonNullElse(e.getMessage(), "input or output failed")
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  private static Status status(Status.Code code, String message) {
    return code.toStatus().withDescription(bounded(message));
  }

  private static String bounded(String message) {
    int encoded = 0;
    for (int i = 0; i < message.length(); ) {
      int character = message.codePointAt(i);
      encoded += encodedBytes(character);
      if (encoded > MAX_ENCODED_BYTES) {
        return message.substring(0, i) + "…";
      }
      i += Character.charCount(character);
    }
    return message;
  }

  // gRPC over HTTP/2 sends printable ASCII except % as it is, and every other byte as %XX.
  private static int encodedBytes(int character) {
    if (character >= 0x20 && character < 0x7f && character != '%') {
      return 1;
    }
    int utf8 = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    return 3 * utf8;
  }
}
