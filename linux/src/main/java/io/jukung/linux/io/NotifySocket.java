package io.jukung.linux.io;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.charset.StandardCharsets;

/**
 * The datagram socket on which a service manager receives messages of its services (sd_notify(3)).
 * A message is sent without waiting. Thread-safe.
 */
public final class NotifySocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC_NONBLOCK = 0x80802;
  private static final int MSG_NOSIGNAL = 0x4000;

  // struct sockaddr_un.
  private static final int PATH_OFFSET = 2;
  private static final int MAX_PATH_BYTES = 108;

  // struct msghdr and iovec on 64-bit machines.
  private static final int MSG_NAMELEN = 8;
  private static final int MSG_IOV = 16;
  private static final int MSG_IOVLEN = 24;
  private static final int IOV = 56;
  private static final int NAME = IOV + 16;

  private final byte[] address;
  private final Fd fd;

  private NotifySocket(byte[] address, Fd fd) {
    this.address = address;
    this.fd = fd;
  }

  /**
   * Opens a socket. No connection is made.
   *
   * @param path where the service manager receives: the value of NOTIFY_SOCKET, which begins with @
   *     for an abstract name
   */
  public static NotifySocket to(String path) throws ErrnoException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    if (name.length == 0 || name.length > MAX_PATH_BYTES || (name[0] != '/' && name[0] != '@')) {
      throw new IllegalArgumentException(
          "not a path of at most " + MAX_PATH_BYTES + " bytes, nor an abstract name: " + path);
    }
    if (name[0] == '@') {
      name[0] = 0;
    }
    long fd = Kernel.raw(Syscall.SOCKET, AF_UNIX, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("socket", "AF_UNIX, SOCK_DGRAM", (int) -fd);
    }
    return new NotifySocket(name, Fd.own(fd));
  }

  /**
   * Sends one message.
   *
   * @param message assignments as sd_notify(3) lists them, one a line
   * @throws ErrnoException EAGAIN if the receiver's queue is full, ECONNREFUSED if nobody receives
   */
  public void send(String message) throws ErrnoException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    int text = NAME + PATH_OFFSET + MAX_PATH_BYTES;
    try (Memory memory = Memory.allocate(text + bytes.length)) {
      memory.put(text, bytes, 0, bytes.length);
      memory.putShort(NAME, AF_UNIX).put(NAME + PATH_OFFSET, address, 0, address.length);
      memory.putLong(0, memory.address() + NAME);
      memory.putInt(MSG_NAMELEN, PATH_OFFSET + address.length);
      memory.putLong(MSG_IOV, memory.address() + IOV).putLong(MSG_IOVLEN, 1);
      memory.putLong(IOV, memory.address() + text).putLong(IOV + 8, bytes.length);
      long result = Kernel.raw(Syscall.SENDMSG, fd.number(), memory.address(), MSG_NOSIGNAL, 0, 0);
      if (result < 0) {
        throw new ErrnoException("sendmsg", "notification of the service manager", (int) -result);
      }
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
