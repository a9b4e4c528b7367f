package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.shim.v1.AttachContainer;
import org.jspecify.annotations.Nullable;

/**
 * The ends of pipes by which the daemon attaches a client to a container's streams, kept until the
 * container takes them over.
 */
final class Attachment {
  final String containerId;
  final @Nullable Fd stdin;
  final @Nullable Fd stdout;
  final @Nullable Fd stderr;

  /**
   * @param descriptors one for each stream that the request asks for, see {@link #count}
   */
  public Attachment(AttachContainer request, Fd[] descriptors) {
    containerId = request.getContainerId();
    int next = 0;
    stdin = request.getStdin() ? descriptors[next++] : null;
    stdout = request.getStdout() ? descriptors[next++] : null;
    stderr = request.getStderr() ? descriptors[next] : null;
  }

  /** Returns how many descriptors must come with the request. */
  static int count(AttachContainer request) {
    return (request.getStdin() ? 1 : 0)
        + (request.getStdout() ? 1 : 0)
        + (request.getStderr() ? 1 : 0);
  }

  /** Closes the ends; the daemon sees the end of each stream. */
  void close() {
    close(stdin);
    close(stdout);
    close(stderr);
  }

  static void close(@Nullable Fd end) {
    if (end != null) {
      end.close();
    }
  }
}
