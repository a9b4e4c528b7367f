package io.jukung.linux.io;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_PATH;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking unix stream socket (unix(7)). It is bound to a path, which has an owner and a
 * mode, and never to an abstract name. One thread may receive while another one sends.
 */
public final class UnixSocket implements AutoCloseable {
  /** The most descriptors in one message; the kernel's limit is 253. */
  public static final int MAX_DESCRIPTORS = 16;

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC_NONBLOCK = 0x80801;
  private static final int SOCK_CLOEXEC_NONBLOCK = 0x80800;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CTRUNC = 0x8;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int OWNER_ONLY = 0600;

  // struct sockaddr_un: the path ends in a zero byte.
  private static final int PATH_OFFSET = 2;
  private static final int MAX_PATH_BYTES = 107;
  private static final int SOCKADDR_SIZE = 110;

  // struct msghdr, iovec and cmsghdr on 64-bit machines.
  private static final int MSG_IOV = 16;
  private static final int MSG_IOVLEN = 24;
  private static final int MSG_CONTROL = 32;
  private static final int MSG_CONTROLLEN = 40;
  private static final int MSG_FLAGS = 48;
  private static final int IOV = 56;
  private static final int CONTROL = 72;
  private static final int CMSG_LEVEL = 8;
  private static final int CMSG_TYPE = 12;
  private static final int CMSG_DATA = 16;
  private static final int CONTROL_SIZE = CMSG_DATA + 4 * MAX_DESCRIPTORS;

  private final Fd fd;
  private @Nullable Memory receiveHeader;
  private @Nullable Memory sendHeader;

  private UnixSocket(Fd fd) {
    this.fd = fd;
  }

  /**
   * Binds a new socket file with mode 0600 and listens.
   *
   * @throws ErrnoException EADDRINUSE if the path exists, even if no process listens there
   */
  public static UnixSocket listen(Path path, int backlog) throws ErrnoException {
    Fd fd = open();
    try {
      // bind(2) gives the file the mode that the socket has. Setting the mode first means that
      // nobody can connect in between.
      long result = Kernel.raw(Syscall.FCHMOD, fd.number(), OWNER_ONLY, 0, 0, 0);
      if (result < 0) {
        throw new ErrnoException("fchmod", "socket for " + path + ", 0600", (int) -result);
      }
      address(Syscall.BIND, fd, path);
      result = Kernel.raw(Syscall.LISTEN, fd.number(), backlog, 0, 0, 0);
      if (result < 0) {
        throw new ErrnoException("listen", path + ", backlog=" + backlog, (int) -result);
      }
      return new UnixSocket(fd);
    } catch (ErrnoException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Connects without waiting.
   *
   * @throws ErrnoException ECONNREFUSED if no process listens, EAGAIN if the backlog is full
   */
  public static UnixSocket connect(Path path) throws ErrnoException {
    Fd fd = open();
    try {
      address(Syscall.CONNECT, fd, path);
      return new UnixSocket(fd);
    } catch (ErrnoException e) {
      fd.close();
      throw e;
    }
  }

  /** Takes ownership of a socket that an earlier program of this process has opened. */
  public static UnixSocket own(Fd fd) {
    return new UnixSocket(fd);
  }

  private static Fd open() throws ErrnoException {
    long fd = Kernel.raw(Syscall.SOCKET, AF_UNIX, SOCK_STREAM_CLOEXEC_NONBLOCK, 0, 0, 0);
    if (fd < 0) {
      throw new ErrnoException("socket", "AF_UNIX, SOCK_STREAM", (int) -fd);
    }
    return Fd.own(fd);
  }

  /**
   * Calls bind(2) or connect(2). A path that is too long for the address is reached through a
   * descriptor of its directory.
   */
  private static void address(Syscall call, Fd fd, Path path) throws ErrnoException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length <= MAX_PATH_BYTES) {
      address(call, fd, name, path);
      return;
    }
    Path parent = path.getParent();
    if (parent == null) {
      throw new ErrnoException(call.toString(), path.toString(), Errno.ENAMETOOLONG);
    }
    try (Fd directory = openDirectory(parent)) {
      name = (directory.procPath() + "/" + path.getFileName()).getBytes(StandardCharsets.UTF_8);
      if (name.length > MAX_PATH_BYTES) {
        throw new ErrnoException(call.toString(), path.toString(), Errno.ENAMETOOLONG);
      }
      address(call, fd, name, path);
    }
  }

  private static void address(Syscall call, Fd fd, byte[] name, Path path) throws ErrnoException {
    try (Memory address = Memory.allocate(SOCKADDR_SIZE)) {
      address.putShort(0, AF_UNIX).put(PATH_OFFSET, name, 0, name.length);
      int length = PATH_OFFSET + name.length + 1;
      long result = Kernel.raw(call, fd.number(), address.address(), length, 0, 0);
      if (result < 0) {
        throw new ErrnoException(call.toString(), path.toString(), (int) -result);
      }
    }
  }

  private static Fd openDirectory(Path path) throws ErrnoException {
    try (Memory name = Memory.ofString(path.toString())) {
      long fd =
          Kernel.raw(
              Syscall.OPENAT, Fd.AT_FDCWD, name.address(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0);
      if (fd < 0) {
        throw new ErrnoException("openat", path + ", O_PATH|O_DIRECTORY", (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /** Returns the next waiting connection; null if there is none. */
  public @Nullable UnixSocket accept() throws ErrnoException {
    while (true) {
      long accepted = Kernel.raw(Syscall.ACCEPT4, fd.number(), 0, 0, SOCK_CLOEXEC_NONBLOCK, 0);
      if (accepted >= 0) {
        return new UnixSocket(Fd.own(accepted));
      }
      if (accepted == -Errno.EAGAIN) {
        return null;
      }
      // A connection that was closed while it waited is skipped.
      if (accepted != -Errno.EINTR && accepted != -Errno.ECONNABORTED) {
        throw new ErrnoException("accept4", fd.toString(), (int) -accepted);
      }
    }
  }

  public PeerCredentials peer() throws ErrnoException {
    try (Memory credentials = Memory.allocate(12);
        Memory length = Memory.allocate(4)) {
      length.putInt(0, 12);
      long result =
          Kernel.raw(
              Syscall.GETSOCKOPT,
              fd.number(),
              SOL_SOCKET,
              SO_PEERCRED,
              credentials.address(),
              length.address());
      if (result < 0) {
        throw new ErrnoException("getsockopt", fd + ", SO_PEERCRED", (int) -result);
      }
      return new PeerCredentials(
          credentials.getInt(0), credentials.getInt(4), credentials.getInt(8));
    }
  }

  /**
   * Receives bytes, and the descriptors that travel beside them (recvmsg(2)).
   *
   * @param descriptors receives the descriptors, which are close-on-exec; the caller closes them
   * @return the number of bytes received, 0 if the peer has closed, or a negated error number;
   *     -EMSGSIZE if more than {@link #MAX_DESCRIPTORS} came at once, which are then closed
   */
  public int receive(Memory buffer, int offset, int length, List<Fd> descriptors) {
    Transfer.check(buffer, offset, length);
    if (receiveHeader == null) {
      receiveHeader = Memory.allocate(CONTROL + CONTROL_SIZE);
    }
    Memory header = receiveHeader;
    prepare(header, buffer.address() + offset, length);
    header.putLong(MSG_CONTROL, header.address() + CONTROL);
    header.putLong(MSG_CONTROLLEN, CONTROL_SIZE);
    long result;
    do {
      result = Kernel.raw(Syscall.RECVMSG, fd.number(), header.address(), MSG_CMSG_CLOEXEC, 0, 0);
    } while (result == -Errno.EINTR);
    if (result < 0) {
      return (int) result;
    }
    int before = descriptors.size();
    takeDescriptors(header, descriptors);
    if ((header.getInt(MSG_FLAGS) & MSG_CTRUNC) != 0) {
      while (descriptors.size() > before) {
        descriptors.remove(descriptors.size() - 1).close();
      }
      return -Errno.EMSGSIZE;
    }
    return (int) result;
  }

  private static void takeDescriptors(Memory header, List<Fd> descriptors) {
    long controlLength = header.getLong(MSG_CONTROLLEN);
    if (controlLength < CMSG_DATA
        || header.getInt(CONTROL + CMSG_LEVEL) != SOL_SOCKET
        || header.getInt(CONTROL + CMSG_TYPE) != SCM_RIGHTS) {
      return;
    }
    int count = (int) (header.getLong(CONTROL) - CMSG_DATA) / 4;
    for (int i = 0; i < count; i++) {
      descriptors.add(Fd.own(header.getInt(CONTROL + CMSG_DATA + 4 * i)));
    }
  }

  /**
   * Sends bytes and returns their number, perhaps fewer than asked for, or a negated error number.
   * Never raises SIGPIPE.
   */
  public int send(Memory buffer, int offset, int length) {
    return send(buffer, offset, length, List.of());
  }

  /**
   * Sends bytes, with copies of descriptors beside the first byte (sendmsg(2)). The caller keeps
   * its descriptors.
   *
   * @param descriptors at most {@link #MAX_DESCRIPTORS}
   * @return the number of bytes sent, perhaps fewer than asked for, or a negated error number; if
   *     it is not negative, the descriptors have been sent
   */
  public int send(Memory buffer, int offset, int length, List<Fd> descriptors) {
    Transfer.check(buffer, offset, length);
    int count = descriptors.size();
    if (count > MAX_DESCRIPTORS || (count > 0 && length == 0)) {
      throw new IllegalArgumentException(count + " descriptors beside " + length + " bytes");
    }
    if (sendHeader == null) {
      sendHeader = Memory.allocate(CONTROL + CONTROL_SIZE);
    }
    Memory header = sendHeader;
    prepare(header, buffer.address() + offset, length);
    header.putLong(MSG_CONTROL, count == 0 ? 0 : header.address() + CONTROL);
    header.putLong(MSG_CONTROLLEN, count == 0 ? 0 : (CMSG_DATA + 4 * count + 7) & ~7);
    header.putLong(CONTROL, CMSG_DATA + 4 * count);
    header.putInt(CONTROL + CMSG_LEVEL, SOL_SOCKET);
    header.putInt(CONTROL + CMSG_TYPE, SCM_RIGHTS);
    for (int i = 0; i < count; i++) {
      header.putInt(CONTROL + CMSG_DATA + 4 * i, descriptors.get(i).number());
    }
    long result;
    do {
      result = Kernel.raw(Syscall.SENDMSG, fd.number(), header.address(), MSG_NOSIGNAL, 0, 0);
    } while (result == -Errno.EINTR);
    return (int) result;
  }

  private static void prepare(Memory header, long address, int length) {
    header.putLong(0, 0).putLong(8, 0);
    header.putLong(MSG_IOV, header.address() + IOV).putLong(MSG_IOVLEN, 1);
    header.putInt(MSG_FLAGS, 0);
    header.putLong(IOV, address).putLong(IOV + 8, length);
  }

  /** Returns the descriptor for {@link Epoll}. */
  public Fd fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
    if (receiveHeader != null) {
      receiveHeader.close();
    }
    if (sendHeader != null) {
      sendHeader.close();
    }
  }
}
