package io.jukung.runtime.dns;

import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.namespace.Namespace;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves names to pods in user networks: over UDP and TCP at {@link #ADDRESS} in each pod's network
 * namespace. A socket stays in the namespace in which it was made, so one thread of the daemon
 * serves all pods, and knows by the socket which pod asks. Thread-safe, but only one call at a time
 * may be made for the same pod.
 */
public final class NameServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NameServer.class);

  /** The address of docker's own name server. Programs in images expect it there. */
  public static final String ADDRESS = "127.0.0.11";

  private static final int PORT = 53;

  /** Longer than the event loop needs to close a pod's sockets. */
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  /** Larger than any question. */
  private static final int MAX_QUESTION_BYTES = 4096;

  /** How many connections of one pod may wait to be accepted. */
  private static final int BACKLOG = 16;

  private final EventLoopGroup loop;
  private final Answers answers;
  private final Forwarder forwarder;
  private final Map<String, ChannelGroup> pods = new ConcurrentHashMap<>();

  /** Starts the thread that serves. */
  public NameServer(NameSource names) {
    this.loop =
        new MultiThreadIoEventLoopGroup(
            1, Thread.ofPlatform().daemon().name("names").factory(), NioIoHandler.newFactory());
    this.answers = new Answers(names);
    this.forwarder = new Forwarder(loop, names);
    preload();
  }

  /** Java loads classes and libraries with its first sockets; not from inside a pod. */
  private static void preload() {
    try {
      DatagramChannel.open(StandardProtocolFamily.INET).close();
      ServerSocketChannel.open(StandardProtocolFamily.INET).close();
    } catch (IOException e) {
      LOG.debug("sockets cannot be opened: {}", e.getMessage()); // the first pod gets the error
    }
  }

  private record Sockets(DatagramChannel datagrams, ServerSocketChannel streams) {}

  /**
   * Begins to serve a pod. Does nothing if it is served already.
   *
   * @param namespace the path where the pod's network namespace is pinned
   */
  public void open(String sandboxId, Path namespace) throws IOException {
    if (pods.containsKey(sandboxId)) {
      return;
    }
    InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), PORT);
    Sockets sockets;
    try (Fd opened = HostFile.open(namespace.toString(), OpenFlags.O_RDONLY, 0)) {
      sockets =
          FreshThread.call(
              "names in pod",
              () -> {
                Namespace.NETWORK.enter(opened);
                return bind(address);
              });
    }
    ChannelGroup channels = new DefaultChannelGroup(loop.next(), /* stayClosed= */ true);
    pods.put(sandboxId, channels);
    Client client = new Client(sandboxId, answers, forwarder);
    boolean serves = false;
    try {
      channels.add(datagrams(sockets.datagrams(), client));
      channels.add(streams(sockets.streams(), client, channels));
      serves = true;
    } finally {
      if (!serves) {
        close(sandboxId);
        sockets.datagrams().close();
        sockets.streams().close();
      }
    }
  }

  private static Sockets bind(InetSocketAddress address) throws IOException {
    DatagramChannel datagrams = DatagramChannel.open(StandardProtocolFamily.INET);
    boolean bound = false;
    try {
      datagrams.bind(address);
      ServerSocketChannel streams = ServerSocketChannel.open(StandardProtocolFamily.INET);
      try {
        streams.bind(address, BACKLOG);
        bound = true;
      } finally {
        if (!bound) {
          streams.close();
        }
      }
      return new Sockets(datagrams, streams);
    } finally {
      if (!bound) {
        datagrams.close();
      }
    }
  }

  private Channel datagrams(DatagramChannel socket, Client client) throws IOException {
    return registered(
        new Bootstrap()
            .group(loop)
            .channelFactory(() -> new NioDatagramChannel(socket))
            .option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_QUESTION_BYTES))
            .handler(new DatagramQuestions(client))
            .register());
  }

  private Channel streams(ServerSocketChannel socket, Client client, ChannelGroup channels)
      throws IOException {
    return registered(
        new ServerBootstrap()
            .group(loop)
            .channelFactory(() -> new NioServerSocketChannel(socket))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    StreamQuestions.begin(connection, client, channels);
                  }
                })
            .register());
  }

  private static Channel registered(ChannelFuture registration) throws IOException {
    registration.awaitUninterruptibly();
    if (!registration.isSuccess()) {
      throw new IOException("names of a pod cannot be served", registration.cause());
    }
    return registration.channel();
  }

  /** Ends to serve a pod. An open socket would keep the pod's network namespace alive. */
  public void close(String sandboxId) {
    ChannelGroup channels = pods.remove(sandboxId);
    if (channels != null) {
      ChannelGroupFuture closed = channels.close();
      if (!closed.awaitUninterruptibly(CLOSE_WAIT.toMillis())) {
        LOG.warn("the name server of sandbox {} is not closed yet", sandboxId);
      }
    }
  }

  @Override
  public void close() {
    pods.keySet().forEach(this::close);
    var _ = loop.shutdownGracefully(0, CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
  }
}
