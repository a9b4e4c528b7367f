package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import java.util.ArrayList;
import java.util.List;

/** A frame on its way to a shim, with descriptors beside its first byte. Not thread-safe. */
final class Outgoing implements AutoCloseable {
  private static final int PIECE = 64 * 1024;

  private final byte[] frame;
  private List<Fd> descriptors;
  private boolean ownsDescriptors;
  private int sent;

  /**
   * A frame of which nothing has been sent.
   *
   * @param descriptors the caller's, until {@link #keep}
   */
  Outgoing(byte[] frame, List<Fd> descriptors) {
    this.frame = frame;
    this.descriptors = descriptors;
  }

  /** Sends what the socket takes now; answers whether that was the rest. */
  boolean send(UnixSocket socket) throws ErrnoException {
    while (sent < frame.length) {
      int length = Math.min(PIECE, frame.length - sent);
      int count;
      try (Memory piece = Memory.allocate(length)) {
        piece.put(0, frame, sent, length);
        count = socket.send(piece, 0, length, descriptors);
      }
      if (count == Transfer.WOULD_BLOCK) {
        return false;
      }
      if (count < 0) {
        throw new ErrnoException("sendmsg", length + " bytes to a shim", -count);
      }
      sent += count;
      close();
    }
    return true;
  }

  /** Makes it independent of the caller, who may close its descriptors before they have left. */
  void keep() throws ErrnoException {
    if (ownsDescriptors || descriptors.isEmpty()) {
      return;
    }
    List<Fd> duplicates = new ArrayList<>();
    try {
      for (Fd descriptor : descriptors) {
        duplicates.add(descriptor.duplicate());
      }
    } catch (ErrnoException e) {
      duplicates.forEach(Fd::close);
      throw e;
    }
    descriptors = duplicates;
    ownsDescriptors = true;
  }

  int size() {
    return frame.length - sent;
  }

  /** Lets go of the descriptors: they have left, or will not any more. */
  @Override
  public void close() {
    if (ownsDescriptors) {
      descriptors.forEach(Fd::close);
      ownsDescriptors = false;
    }
    descriptors = List.of();
  }

  /** Whether the failure means that the other end is gone. */
  static boolean isDisconnected(ErrnoException e) {
    return e.is(Errno.EPIPE) || e.is(Errno.ECONNRESET);
  }
}
