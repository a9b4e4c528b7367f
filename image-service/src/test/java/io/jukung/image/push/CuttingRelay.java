package io.jukung.image.push;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes connections on to a server, and breaks some of those on which a client sends much.
 * Breaking is a reset, as of a router that has forgotten a connection.
 */
final class CuttingRelay implements AutoCloseable {
  private final ServerSocket socket;
  private final String host;
  private final int port;
  private final AtomicInteger left;
  private final AtomicInteger cuts = new AtomicInteger();
  private final long afterBytes;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private CuttingRelay(String authority, int times, long afterBytes) throws IOException {
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.host = authority.replaceFirst(":.*", "");
    this.port = Integer.parseInt(authority.replaceFirst(".*:", ""));
    this.left = new AtomicInteger(times);
    this.afterBytes = afterBytes;
    executor.execute(this::accept);
  }

  /**
   * Starts a relay on a free port of the loopback interface.
   *
   * @param times how many connections are broken
   * @param afterBytes how much a client must have sent on them
   */
  static CuttingRelay to(String authority, int times, long afterBytes) throws IOException {
    return new CuttingRelay(authority, times, afterBytes);
  }

  String authority() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  int cuts() {
    return cuts.get();
  }

  private void accept() {
    while (true) {
      try {
        Socket client = socket.accept();
        Socket server = new Socket(host, port);
        open.add(client);
        open.add(server);
        executor.execute(() -> pass(client, server, true));
        executor.execute(() -> pass(server, client, false));
      } catch (IOException e) {
        return; // the relay was closed
      }
    }
  }

  private void pass(Socket from, Socket to, boolean cutting) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16 * 1024];
      long passed = 0;
      int count;
      while ((count = in.read(buffer)) > 0) {
        out.write(buffer, 0, count);
        passed += count;
        if (cutting && passed > afterBytes && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
          cuts.incrementAndGet();
          from.setSoLinger(true, 0);
          to.setSoLinger(true, 0);
          break;
        }
      }
    } catch (IOException e) {
      // Both ends are closed below, whichever has gone.
    } finally {
      close(from);
      close(to);
    }
  }

  private void close(Socket each) {
    open.remove(each);
    try {
      each.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    open.forEach(this::close);
    executor.shutdownNow();
  }
}
