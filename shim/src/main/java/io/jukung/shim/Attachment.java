package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.shim.v1.AttachContainer;
import org.jspecify.annotations.Nullable;

/** The ends of pipes with which the daemon joins a container's streams, until they are used. */
final class Attachment {
  final String containerId;
  final @Nullable Fd stdin;
  final @Nullable Fd stdout;
  final @Nullable Fd stderr;

  /**
   * @param descriptors as many as the request asks for, see {@link #count}
   */
  public Attachment(AttachContainer request, Fd[] descriptors) {
    containerId = request.getContainerId();
    int next = 0;
    stdin = request.getStdin() ? descriptors[next++] : null;
    stdout = request.getStdout() ? descriptors[next++] : null;
    stderr = request.getStderr() ? descriptors[next] : null;
  }

  static int count(AttachContainer request) {
    return (request.getStdin() ? 1 : 0)
        + (request.getStdout() ? 1 : 0)
        + (request.getStderr() ? 1 : 0);
  }

  /** What nobody has taken over; the daemon sees an end of it all. */
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
