package io.jukung.shim;

import com.google.protobuf.InvalidProtocolBufferException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import io.jukung.shim.v1.Asleep;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.ToShim;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges the frames that shim.proto describes with the daemon. A malformed frame closes the
 * connection; the pod goes on.
 */
final class Connection extends Source {
  /**
   * The longest frame, large enough for a launch plan with a thousand mounts. A long environment is
   * in a file.
   */
  static final int MAX_FRAME = 1 << 20;

  private static final int HEADER = 4;
  private static final int FIRST_INPUT = 8 * 1024;
  private static final int FIRST_OUTPUT = 512;
  private static final int TRANSFER = 16 * 1024;

  /**
   * Bytes that may wait for the daemon to read. Beyond them the connection is closed; the daemon
   * connects again and asks for the state.
   */
  private static final int MAX_PENDING = 2 << 20;

  /** Descriptors that may wait until the frames of their exec requests are complete. */
  private static final int MAX_DESCRIPTORS = 3 * 16;

  private static final int FINISH_MILLIS = 1000;
  private static final byte[] NOTHING = {};

  private final EventLoop loop;
  private final Listener listener;
  private final Pod pod;
  private final UnixSocket socket;
  private final Memory transfer = Memory.allocate(TRANSFER);
  private final List<Fd> descriptors = new ArrayList<>(3);
  private byte[] input = new byte[FIRST_INPUT];
  private int inputLength;
  private byte @Nullable [] pending;
  private int pendingStart;
  private int pendingEnd;
  private boolean blocked;
  private boolean rings;
  private boolean open = true;

  Connection(EventLoop loop, Listener listener, Pod pod, UnixSocket socket) {
    this.loop = loop;
    this.listener = listener;
    this.pod = pod;
    this.socket = socket;
  }

  /** Whether the connection is open and nothing of a frame has been received or is to be sent. */
  boolean isQuiet() {
    return open && inputLength == 0 && descriptors.isEmpty() && pending == null && !blocked;
  }

  boolean isOpen() {
    return open;
  }

  int descriptor() {
    return socket.fd().number();
  }

  /** Whether the daemon rings to wake this shim, so that a sleeping shim need not look here. */
  boolean rings() {
    return rings;
  }

  void start() throws ErrnoException {
    loop.add(this, socket.fd(), Epoll.IN);
  }

  /** As {@link #start}, for a connection of a shim that has slept. */
  void resume(boolean daemonRings) throws ErrnoException {
    rings = daemonRings;
    start();
  }

  /**
   * Tells the daemon that the shim sleeps, and ceases to watch the connection, if the daemon rings.
   *
   * @return whether the shim may sleep; otherwise the daemon does not read at present
   */
  boolean beginSleep() {
    if (rings) {
      send(FromShim.newBuilder().setAsleep(Asleep.getDefaultInstance()).build());
    }
    if (open && pending != null) {
      return false;
    }
    if (open && rings) {
      loop.remove(this, socket.fd());
    }
    return true;
  }

  /** Undoes {@link #beginSleep}. */
  void endSleep() {
    if (open && slot < 0) {
      try {
        start();
      } catch (ErrnoException e) {
        ErrorLog.unexpected("connection closed", e);
        close();
      }
    }
  }

  @Override
  void ready(int events) {
    if ((events & Epoll.OUT) != 0) {
      flush();
    }
    if (open && (events & ~Epoll.OUT) != 0) {
      receive();
    }
  }

  private void receive() {
    int count = socket.receive(transfer, 0, TRANSFER, descriptors);
    if (count == -Errno.EAGAIN) {
      return;
    }
    if (count <= 0) {
      close();
      return;
    }
    if (inputLength + count > input.length) {
      // The array stays below two frames: a complete frame is taken out before more is received.
      input = Arrays.copyOf(input, Math.max(2 * input.length, inputLength + count));
    }
    transfer.get(0, input, inputLength, count);
    inputLength += count;
    int taken = takeFrames();
    if (open) {
      keepRest(taken);
    }
  }

  /** Handles each complete frame; returns how many bytes these frames have. */
  private int takeFrames() {
    int at = 0;
    while (open && inputLength - at >= HEADER) {
      int length = length(at);
      if (length <= 0 || length > MAX_FRAME) {
        malformed("frame of " + length + " bytes");
        return at;
      }
      if (inputLength - at - HEADER < length) {
        return at;
      }
      handle(at + HEADER, length);
      at += HEADER + length;
    }
    return at;
  }

  private int length(int at) {
    return (input[at] & 0xff) << 24
        | (input[at + 1] & 0xff) << 16
        | (input[at + 2] & 0xff) << 8
        | (input[at + 3] & 0xff);
  }

  private void handle(int offset, int length) {
    ToShim request;
    try {
      request = ToShim.parser().parseFrom(input, offset, length);
    } catch (InvalidProtocolBufferException e) {
      malformed(e.toString());
      return;
    }
    if (request.getId() == 0) {
      malformed("request without an id");
      return;
    }
    listener.hasAsked(this);
    rings |= request.getAdopt().getRings() || request.getListProcesses().getRings();
    pod.serve(this, request);
  }

  private void keepRest(int taken) {
    inputLength -= taken;
    if (inputLength == 0) {
      if (!descriptors.isEmpty()) {
        malformed(descriptors.size() + " descriptors beside no exec request");
        return;
      }
      if (input.length > FIRST_INPUT) {
        input =
            new byte[FIRST_INPUT]; // the memory of a large plan is not kept for the life of the pod
      }
    } else if (taken > 0) {
      System.arraycopy(input, taken, input, 0, inputLength);
    }
    if (descriptors.size() > MAX_DESCRIPTORS) {
      malformed(descriptors.size() + " descriptors");
    }
  }

  /**
   * Returns the next descriptors that came beside frames; the caller closes them from now on.
   * Returns null if fewer have come.
   */
  Fd @Nullable [] takeDescriptors(int count) {
    if (descriptors.size() < count) {
      return null;
    }
    Fd[] taken = new Fd[count];
    for (int i = 0; i < count; i++) {
      taken[i] = descriptors.removeFirst();
    }
    return taken;
  }

  private void malformed(String what) {
    ErrorLog.say("connection closed, malformed: " + what);
    close();
  }

  /**
   * Sends a message now, or later as the daemon reads. Does nothing if the connection has closed. A
   * message that cannot be sent closes the connection: the daemon connects again and asks for what
   * it has missed.
   */
  void send(FromShim message) {
    if (!open) {
      return;
    }
    try {
      append(message.toByteArray());
      if (open && !blocked) {
        flush();
      }
    } catch (RuntimeException | Error e) {
      close();
      ErrorLog.unexpected("connection closed: a message could not be sent", e);
    }
  }

  private void append(byte[] body) {
    int needed = pendingEnd - pendingStart + HEADER + body.length;
    if (needed > MAX_PENDING) {
      ErrorLog.say("connection closed: " + needed + " bytes wait for the daemon to read");
      close();
      return;
    }
    byte[] queue = roomFor(HEADER + body.length);
    queue[pendingEnd] = (byte) (body.length >>> 24);
    queue[pendingEnd + 1] = (byte) (body.length >>> 16);
    queue[pendingEnd + 2] = (byte) (body.length >>> 8);
    queue[pendingEnd + 3] = (byte) body.length;
    System.arraycopy(body, 0, queue, pendingEnd + HEADER, body.length);
    pendingEnd += HEADER + body.length;
  }

  /** Returns the queue with at least {@code length} free bytes at its end; it grows by doubling. */
  private byte[] roomFor(int length) {
    byte[] queue = pending;
    if (queue != null && queue.length - pendingEnd >= length) {
      return queue;
    }
    int held = pendingEnd - pendingStart;
    byte[] larger = new byte[Math.max(FIRST_OUTPUT, 2 * (held + length))];
    if (queue != null) {
      System.arraycopy(queue, pendingStart, larger, 0, held);
    }
    pending = larger;
    pendingStart = 0;
    pendingEnd = held;
    return larger;
  }

  private void flush() {
    while (pending != null && pendingStart < pendingEnd) {
      int length = Math.min(TRANSFER, pendingEnd - pendingStart);
      transfer.put(0, pending, pendingStart, length);
      int count = socket.send(transfer, 0, length);
      if (count == -Errno.EAGAIN) {
        if (!blocked) {
          blocked = true;
          watch(Epoll.IN | Epoll.OUT);
        }
        return;
      }
      if (count < 0) {
        close();
        return;
      }
      pendingStart += count;
    }
    pending = null;
    pendingStart = 0;
    pendingEnd = 0;
    if (blocked) {
      blocked = false;
      watch(Epoll.IN);
    }
  }

  private void watch(int events) {
    try {
      loop.modify(this, socket.fd(), events);
    } catch (ErrnoException e) {
      ErrorLog.unexpected("connection closed", e);
      close();
    }
  }

  /** Waits a bounded time until the last answers are sent, then closes. */
  void finish() {
    try {
      while (open
          && pending != null
          && Readiness.await(socket.fd(), Epoll.OUT, FINISH_MILLIS) != 0) {
        flush();
      }
    } catch (ErrnoException e) {
      ErrorLog.unexpected("last answers", e);
    }
    close();
  }

  void close() {
    if (!open) {
      return;
    }
    open = false;
    loop.remove(this, socket.fd());
    socket.close();
    // The shim may get another pod, which must find nothing of the requests for this one.
    transfer.clear();
    transfer.close();
    Arrays.fill(input, (byte) 0);
    for (int i = 0; i < descriptors.size(); i++) {
      descriptors.get(i).close();
    }
    descriptors.clear();
    pending = null;
    input = NOTHING;
    inputLength = 0;
    listener.closed(this);
    pod.disconnected(this);
  }

  @Override
  void abandon() {
    close();
  }

  @Override
  public String toString() {
    return "connection";
  }
}
