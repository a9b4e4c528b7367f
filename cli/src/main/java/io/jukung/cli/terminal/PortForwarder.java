package io.jukung.cli.terminal;

import io.jukung.cri.streaming.InputGate;
import io.jukung.cri.streaming.SpdyConnection;
import io.jukung.cri.streaming.SpdyDialer;
import io.jukung.cri.streaming.SpdyStream;
import io.jukung.cri.streaming.StreamEndpoint;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a port-forward: listens on ports of this machine, and forwards each
 * connection to a port of the pod. One thread does everything.
 */
// The futures of writes are ignored: a failed write closes the channel, and closed() reports that.
@SuppressWarnings("FutureReturnValueIgnored")
public final class PortForwarder implements AutoCloseable {
  private static final String PROTOCOL = "portforward.k8s.io";

  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("port-forward", true), NioIoHandler.newFactory());
  private final CompletableFuture<Void> lost = new CompletableFuture<>();
  private final Consumer<String> failures;
  private final Map<SpdyStream, Local> byStream = new HashMap<>();
  private SpdyDialer.@Nullable Dialed server;
  private @Nullable InputGate gate;
  private int lastRequest;

  private PortForwarder(Consumer<String> failures) {
    this.failures = failures;
  }

  /**
   * Connects to the daemon.
   *
   * @param failures receives a sentence for each forwarded connection that fails
   */
  public static PortForwarder connect(StreamEndpoint endpoint, Consumer<String> failures)
      throws IOException, InterruptedException {
    PortForwarder forwarder = new PortForwarder(failures);
    try {
      SpdyDialer.Dialed dialed =
          SpdyDialer.dial(forwarder.events, endpoint, PROTOCOL, forwarder.new Incoming());
      forwarder.server = dialed;
      forwarder.gate = new InputGate(dialed.channel());
      return forwarder;
    } catch (IOException | InterruptedException | RuntimeException e) {
      forwarder.close();
      throw e;
    }
  }

  /** Listens, and returns the address with the port, which may have been given as 0. */
  public InetSocketAddress listen(InetSocketAddress address, int remotePort)
      throws IOException, InterruptedException {
    var bound =
        new ServerBootstrap()
            .group(events)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Local(channel, remotePort));
                  }
                })
            .bind(address)
            .await();
    if (!bound.isSuccess()) {
      throw new IOException(
          "listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    return (InetSocketAddress) bound.channel().localAddress();
  }

  /** Returns a future that completes when the connection to the daemon has ended. */
  public CompletableFuture<Void> lost() {
    return lost;
  }

  private SpdyDialer.Dialed server() {
    if (server == null) {
      throw new IllegalStateException("not connected");
    }
    return server;
  }

  /** A connection that was accepted on this machine. */
  private final class Local extends ChannelInboundHandlerAdapter {
    private final Channel channel;
    private final int port;
    private @Nullable SpdyStream error;
    private @Nullable SpdyStream data;
    private boolean takes = true;

    Local(Channel channel, int port) {
      this.channel = channel;
      this.port = port;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      String request = Integer.toString(++lastRequest);
      SpdyStream forError = open("error", request);
      forError.end();
      error = forError;
      data = open("data", request);
    }

    private SpdyStream open(String type, String request) {
      SpdyStream stream =
          server()
              .connection()
              .open(
                  Map.of("streamtype", type, "port", Integer.toString(port), "requestid", request));
      byStream.put(stream, this);
      return stream;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (data != null) {
        data.write((ByteBuf) message);
      }
      if (!server().channel().isWritable()) {
        channel.config().setAutoRead(false);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent && data != null) {
        data.end();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      tellWhetherItTakes(channel.isWritable());
    }

    private void tellWhetherItTakes(boolean now) {
      if (now != takes && gate != null) {
        takes = now;
        gate.portTakes(now);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      tellWhetherItTakes(true);
      for (SpdyStream stream : new SpdyStream[] {data, error}) {
        if (stream != null) {
          stream.reset(SpdyStreamStatus.CANCEL);
          byStream.remove(stream);
        }
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    void fromPod(SpdyStream stream, ByteBuf bytes) {
      if (stream == data) {
        channel.writeAndFlush(bytes.retainedSlice(), channel.voidPromise());
      } else {
        failures.accept(bytes.toString(StandardCharsets.UTF_8));
      }
    }

    void endFromPod(SpdyStream stream) {
      if (stream == data) {
        var _ =
            channel
                .writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(_ -> ((DuplexChannel) channel).shutdownOutput());
      }
    }
  }

  /** Handles what the daemon sends. */
  private final class Incoming implements SpdyConnection.Streams {
    @Override
    public void data(SpdyStream stream, ByteBuf bytes) {
      Local local = byStream.get(stream);
      if (local != null) {
        local.fromPod(stream, bytes);
      }
    }

    @Override
    public void ended(SpdyStream stream) {
      Local local = byStream.get(stream);
      if (local != null) {
        local.endFromPod(stream);
      }
    }

    @Override
    public void reset(SpdyStream stream) {
      Local local = byStream.get(stream);
      if (local != null) {
        local.channel.close();
      }
    }

    @Override
    public void writable() {
      byStream.values().forEach(local -> local.channel.config().setAutoRead(true));
    }

    @Override
    public void closed() {
      lost.complete(null);
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.channel().close().awaitUninterruptibly();
    }
    var _ = events.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
