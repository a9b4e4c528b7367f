package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import java.util.ArrayList;
import java.util.List;

/**
 * A frame that is being sent to a shim, with descriptors beside its first byte. Not thread-safe.
 */
final class Outgoing implements AutoCloseable {
  private static final int PIECE = 64 * 1024;

  private final long id;
  private final byte[] frame;
  private List<Fd> descriptors;
  private boolean ownsDescriptors;
  private int sent;

  /**
   * Makes a frame of which nothing has been sent.
   *
   * @param id of the request in the frame
   * @param descriptors owned by the caller until {@link #keep}
   */
  Outgoing(long id, byte[] frame, List<Fd> descriptors) {
    this.id = id;
    this.frame = frame;
    this.descriptors = descriptors;
  }

  /**
   * Sends as much as the socket takes now.
   *
   * @return whether all of the frame has been sent
   */
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

  /** Duplicates the descriptors that are not sent yet, so that the caller may close its own. */
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

  long id() {
    return id;
  }

  /** Whether a part of the frame has been sent. */
  boolean isBegun() {
    return sent > 0;
  }

  int size() {
    return frame.length - sent;
  }

  /** Closes the duplicates, because the descriptors were sent or will never be. */
  @Override
  public void close() {
    if (ownsDescriptors) {
      descriptors.forEach(Fd::close);
      ownsDescriptors = false;
    }
    descriptors = List.of();
  }

  /** Whether the failure means that the shim has closed the connection. */
  static boolean isDisconnected(ErrnoException e) {
    return e.is(Errno.EPIPE) || e.is(Errno.ECONNRESET);
  }
}
