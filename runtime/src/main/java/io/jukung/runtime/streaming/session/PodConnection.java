package io.jukung.runtime.streaming.session;

import io.jukung.cri.CriException;
import io.jukung.cri.streaming.InputGate;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One forwarded connection to a port of the pod's loopback interface, by IPv4 or, if that fails, by
 * IPv6. Everything runs on the thread of the client's connection.
 */
// A write that fails closes the channel, and channelInactive reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class PodConnection {
  private static final int CONNECT_MILLIS = 30_000;

  /**
   * How many bytes wait for a port that does not read, before the client's whole connection has to
   * wait. Other forwarded connections share that connection.
   */
  private static final WriteBufferWaterMark UNREAD = new WriteBufferWaterMark(512 << 10, 1 << 20);

  /** The client's side of a forwarded connection. */
  public interface Client {
    /**
     * Receives bytes of the pod.
     *
     * @param bytes belong to the client from now on
     */
    void take(ByteBuf bytes);

    boolean hasRoom();

    /** Called when the pod's side has ended its output. */
    void remoteEnded();

    /**
     * Called when the connection has ended in both directions.
     *
     * @param failure a sentence for the user; null if the connection ended without an error
     */
    void closed(@Nullable String failure);

    /** The gate that stops reading from the client's connection. */
    InputGate gate();
  }

  private final EventLoop events;
  private final PodSockets sockets;
  private final StreamRequest.PortForward request;
  private final int port;
  private final Client client;
  private final Deque<ByteBuf> early = new ArrayDeque<>();
  private long earlyBytes;
  private @Nullable Channel channel;
  private boolean localEnded;
  private boolean remoteEnded;
  private boolean takes = true;
  private boolean closed;

  public PodConnection(
      EventLoop events,
      PodSockets sockets,
      StreamRequest.PortForward request,
      int port,
      Client client) {
    this.events = events;
    this.sockets = sockets;
    this.request = request;
    this.port = port;
    this.client = client;
  }

  /** Begins to connect. What is written meanwhile is kept. */
  public void connect() {
    connect(StandardProtocolFamily.INET, "");
  }

  private void connect(ProtocolFamily family, String before) {
    client.gate().beginSocket();
    // Entering a namespace waits for a thread, which the event loop must not do.
    Thread.ofVirtual()
        .name("port-forward")
        .start(
            () -> {
              try {
                SocketChannel socket = sockets.open(request.sandboxId(), family);
                events.execute(() -> made(() -> connect(family, socket, before)));
              } catch (IOException | UnsupportedOperationException | CriException e) {
                events.execute(() -> made(() -> failed(family, e, before)));
              }
            });
  }

  private void connect(ProtocolFamily family, SocketChannel socket, String before) {
    if (closed) {
      closeQuietly(socket);
      return;
    }
    ChannelFuture connecting =
        new Bootstrap()
            .group(events)
            .channelFactory(() -> new NioSocketChannel(socket))
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD)
            .handler(new FromPod())
            .connect(new InetSocketAddress(loopback(family), port));
    var _ =
        connecting.addListener(
            done -> {
              if (!done.isSuccess()) {
                failed(family, done.cause(), before);
              } else if (closed) {
                connecting.channel().close();
              } else {
                connected(connecting.channel());
              }
            });
  }

  private void made(Runnable next) {
    client.gate().endSocket();
    next.run();
  }

  private static void closeQuietly(SocketChannel socket) {
    try {
      socket.close();
    } catch (IOException e) {
      return; // the socket was never connected, so no data can be lost
    }
  }

  private static InetAddress loopback(ProtocolFamily family) {
    byte[] address =
        family == StandardProtocolFamily.INET
            ? new byte[] {127, 0, 0, 1}
            : new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    try {
      return InetAddress.getByAddress("localhost", address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // only thrown for a wrong length
    }
  }

  private void failed(ProtocolFamily family, Throwable cause, String before) {
    String reason =
        (family == StandardProtocolFamily.INET ? "127.0.0.1" : "[::1]") + ": " + cause.getMessage();
    if (family == StandardProtocolFamily.INET && !closed && !(cause instanceof CriException)) {
      connect(StandardProtocolFamily.INET6, reason + "; ");
    } else {
      close(
          "error forwarding port "
              + port
              + " to pod "
              + request.sandboxId()
              + ": "
              + before
              + reason);
    }
  }

  private void connected(Channel connected) {
    channel = connected;
    while (!early.isEmpty()) {
      connected.write(early.removeFirst(), connected.voidPromise());
    }
    earlyBytes = 0;
    connected.flush();
    if (localEnded) {
      shutdownOutput(connected);
    }
    tellWhetherItTakes();
    connected.config().setAutoRead(client.hasRoom());
  }

  /**
   * Sends bytes of the client to the pod.
   *
   * @param bytes belong to this object from now on
   */
  public void write(ByteBuf bytes) {
    if (closed || localEnded) {
      bytes.release();
      return;
    }
    if (channel != null) {
      channel.writeAndFlush(bytes, channel.voidPromise());
    } else {
      early.add(bytes);
      earlyBytes += bytes.readableBytes();
    }
    tellWhetherItTakes();
  }

  private void tellWhetherItTakes() {
    boolean now = closed || (channel != null ? channel.isWritable() : earlyBytes < UNREAD.high());
    if (now != takes) {
      takes = now;
      client.gate().portTakes(now);
    }
  }

  /** Called when the client has ended its output. */
  public void endInput() {
    if (!localEnded) {
      localEnded = true;
      if (channel != null) {
        shutdownOutput(channel);
      }
    }
  }

  private void shutdownOutput(Channel connected) {
    // An empty write completes when everything before it in the queue has been sent.
    var _ =
        connected
            .writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(
                _ -> {
                  if (remoteEnded) {
                    connected.close();
                  } else {
                    ((DuplexChannel) connected).shutdownOutput();
                  }
                });
  }

  /** Called when the client has room again. */
  public void resume() {
    if (channel != null) {
      channel.config().setAutoRead(true);
    }
  }

  /** Ends the connection from the client's side. */
  public void close() {
    close(null);
  }

  private void close(@Nullable String failure) {
    if (closed) {
      return;
    }
    closed = true;
    early.forEach(ByteBuf::release);
    early.clear();
    if (channel != null) {
      channel.close();
    }
    tellWhetherItTakes();
    client.closed(failure);
  }

  /** Receives what the port sends. */
  private final class FromPod extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
      ctx.channel().config().setAutoRead(false); // until it is connected
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      client.take((ByteBuf) message);
      if (!client.hasRoom()) {
        ctx.channel().config().setAutoRead(false);
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      tellWhetherItTakes();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        endRemote(ctx.channel());
      }
    }

    private void endRemote(Channel connected) {
      if (!remoteEnded) {
        remoteEnded = true;
        client.remoteEnded();
        if (localEnded) {
          shutdownOutput(connected);
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      close(null);
    }

    /**
     * The connection was reset, by the application or because the application does not read what
     * was sent.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
