package io.jukung.linux.net;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/**
 * A netlink socket to the routing tables and devices of a network namespace (rtnetlink(7)): the one
 * that the calling thread was in when the socket was opened. Not thread-safe.
 */
public final class RouteNetlink implements AutoCloseable {
  /** The index of the loopback device, which is the first device of every network namespace. */
  public static final int LOOPBACK_INDEX = 1;

  /** The flag of a device that is up (netdevice(7)). */
  public static final int IFF_UP = 1;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 0x80003;
  private static final int NETLINK_ROUTE = 0;
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_NEWROUTE = 24;
  private static final int NLMSG_ERROR = 2;
  private static final int NLM_F_REQUEST_ACK = 0x5;
  private static final int NLM_F_REPLACE_CREATE = 0x500;
  private static final int NLM_F_EXCL_CREATE = 0x600;
  private static final int IFLA_IFNAME = 3;
  private static final int RTA_GATEWAY = 5;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int RT_TABLE_MAIN = 254;
  private static final int RTPROT_STATIC = 4;
  private static final int RTN_UNICAST = 1;

  private static final int HEADER_SIZE = 16; // struct nlmsghdr
  private static final int IFINFO_SIZE = 16; // struct ifinfomsg
  private static final int ROUTE_SIZE = 12; // struct rtmsg
  private static final int ATTRIBUTE_SIZE = 4; // struct rtattr
  private static final int RECEIVE_SIZE = 8192; // NLMSG_GOODSIZE, of which an answer is a part

  private final Fd socket;
  private int sequence;

  private RouteNetlink(Fd socket) {
    this.socket = socket;
  }

  public static RouteNetlink open() throws ErrnoException {
    return new RouteNetlink(
        Fd.own(
            Kernel.call(
                Syscall.SOCKET,
                () -> "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE",
                AF_NETLINK,
                SOCK_RAW_CLOEXEC,
                NETLINK_ROUTE)));
  }

  /** Sets a device up. Does nothing if the device is up. */
  public void linkUp(int index) throws ErrnoException {
    try (Memory request = Memory.allocate(HEADER_SIZE + IFINFO_SIZE)) {
      request
          .putInt(0, request.size())
          .putShort(4, RTM_NEWLINK)
          .putShort(6, NLM_F_REQUEST_ACK)
          .putInt(8, ++sequence)
          .putInt(HEADER_SIZE + 4, index)
          .putInt(HEADER_SIZE + 8, IFF_UP)
          .putInt(HEADER_SIZE + 12, IFF_UP); // the mask of the flags to change
      exchange(request, "RTM_NEWLINK index=" + index + ", IFF_UP");
    }
  }

  /**
   * Deletes a device, such as a bridge.
   *
   * @throws ErrnoException ENODEV if there is no device of this name
   */
  public void deleteLink(String name) throws ErrnoException {
    byte[] text = (name + '\0').getBytes(StandardCharsets.US_ASCII);
    int fixed = HEADER_SIZE + IFINFO_SIZE;
    try (Memory request = Memory.allocate(aligned(fixed + ATTRIBUTE_SIZE + text.length))) {
      header(request, RTM_DELLINK, NLM_F_REQUEST_ACK);
      attribute(request, fixed, IFLA_IFNAME, text);
      exchange(request, "RTM_DELLINK " + name);
    }
  }

  /** Makes a gateway that of all destinations of its address family that have no other route. */
  public void replaceDefaultRoute(InetAddress gateway) throws ErrnoException {
    defaultRoute(gateway, NLM_F_REPLACE_CREATE);
  }

  /** As {@link #replaceDefaultRoute}, but a default route that is there stays. */
  public void addDefaultRoute(InetAddress gateway) throws ErrnoException {
    try {
      defaultRoute(gateway, NLM_F_EXCL_CREATE);
    } catch (ErrnoException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
    }
  }

  private void defaultRoute(InetAddress gateway, int flags) throws ErrnoException {
    byte[] address = gateway.getAddress();
    int fixed = HEADER_SIZE + ROUTE_SIZE;
    try (Memory request = Memory.allocate(aligned(fixed + ATTRIBUTE_SIZE + address.length))) {
      header(request, RTM_NEWROUTE, NLM_F_REQUEST_ACK | flags);
      request
          .putByte(HEADER_SIZE, address.length == Integer.BYTES ? AF_INET : AF_INET6)
          .putByte(HEADER_SIZE + 4, RT_TABLE_MAIN)
          .putByte(HEADER_SIZE + 5, RTPROT_STATIC)
          .putByte(HEADER_SIZE + 7, RTN_UNICAST);
      attribute(request, fixed, RTA_GATEWAY, address);
      exchange(request, "RTM_NEWROUTE default via " + gateway.getHostAddress());
    }
  }

  private void header(Memory request, int type, int flags) {
    request.putInt(0, request.size()).putShort(4, type).putShort(6, flags).putInt(8, ++sequence);
  }

  private static void attribute(Memory request, int offset, int type, byte[] value) {
    request
        .putShort(offset, ATTRIBUTE_SIZE + value.length)
        .putShort(offset + 2, type)
        .put(offset + ATTRIBUTE_SIZE, value, 0, value.length);
  }

  /** Messages of netlink have a length that is a multiple of four. */
  private static int aligned(int size) {
    return (size + 3) & ~3;
  }

  /**
   * Sends a request and reads its acknowledgement, which the kernel queues before write(2) returns.
   */
  private void exchange(Memory request, String decoded) throws ErrnoException {
    Kernel.call(
        Syscall.WRITE,
        () -> "netlink, " + decoded,
        socket.number(),
        request.address(),
        request.size());
    try (Memory answer = Memory.allocate(RECEIVE_SIZE)) {
      long length =
          Kernel.call(
              Syscall.READ,
              () -> "netlink, " + decoded,
              socket.number(),
              answer.address(),
              RECEIVE_SIZE);
      boolean acknowledgement =
          length >= HEADER_SIZE + 4
              && answer.getShort(4) == NLMSG_ERROR
              && answer.getInt(8) == sequence;
      if (!acknowledgement) {
        throw new ErrnoException("netlink", decoded, Errno.EPROTO);
      }
      int error = answer.getInt(HEADER_SIZE);
      if (error != 0) {
        throw new ErrnoException("netlink", decoded, -error);
      }
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
