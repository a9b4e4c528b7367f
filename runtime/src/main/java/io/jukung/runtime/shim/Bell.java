package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.io.UnixSocket;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wakes shims that sleep ({@code Asleep} in shim.proto). */
final class Bell {
  private static final Logger LOG = LoggerFactory.getLogger(Bell.class);

  private Bell() {}

  /**
   * Connects to the shim's socket and closes the connection, without waiting. A shim that is awake
   * takes no notice.
   */
  static void ring(Path socket) {
    try {
      UnixSocket.connect(socket).close();
    } catch (ErrnoException e) {
      // EAGAIN: others have rung, and the shim has not accepted them yet. The rest: the shim has
      // ended, which its client sees by itself.
      if (!e.is(Errno.EAGAIN) && !e.is(Errno.ECONNREFUSED) && !e.is(Errno.ENOENT)) {
        LOG.warn("the shim at {} cannot be woken: {}", socket, e.getMessage());
      }
    }
  }
}
