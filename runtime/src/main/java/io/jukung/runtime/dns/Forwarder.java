package io.jukung.runtime.dns;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the name servers of the host, or those that a pod's maker has named, one after the other.
 * Messages are passed on as they are but for their numbers: what the daemon does not understand
 * stays whole. Questions leave from the network of the host. Runs on the event loop.
 */
final class Forwarder {
  private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

  /** How long one server may take. A client waits five seconds as a rule (resolv.conf(5)). */
  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(2);

  /** How many questions of one pod wait for servers at a time, and how many of all pods. */
  private static final int MAX_OF_POD = 256;

  private static final int MAX_OF_ALL = 2048;

  private static final int MAX_DATAGRAM = 65535;
  private static final int ID_RANGE = 1 << 16;
  private static final int FLAGS = 2;

  private final EventLoopGroup loop;
  private final NameSource names;
  private final UpstreamServers servers = new UpstreamServers();
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Integer> waiting = new HashMap<>();
  private int waitingOfAll;

  Forwarder(EventLoopGroup loop, NameSource names) {
    this.loop = loop;
    this.names = names;
  }

  /**
   * Passes a question on.
   *
   * @param message stays the caller's
   * @param answer is called once, later or at once
   */
  void forward(
      String sandboxId,
      Question question,
      ByteBuf message,
      Transport transport,
      Consumer<ByteBuf> answer)
      throws Exception {
    if (!names.leadsOut(sandboxId)) {
      answer.accept(Answers.error(question, DnsResponseCode.NXDOMAIN));
      return;
    }
    List<InetSocketAddress> asked = servers.of(names.servers(sandboxId));
    int own = waiting.getOrDefault(sandboxId, 0);
    if (asked.isEmpty() || own >= MAX_OF_POD || waitingOfAll >= MAX_OF_ALL) {
      answer.accept(Answers.error(question, DnsResponseCode.SERVFAIL));
      return;
    }
    waiting.put(sandboxId, own + 1);
    waitingOfAll++;
    new Attempt(sandboxId, question, message.copy(), transport, asked, answer).next();
  }

  private void done(String sandboxId) {
    waitingOfAll--;
    waiting.computeIfPresent(sandboxId, (_, count) -> count == 1 ? null : count - 1);
  }

  /** One question, which is asked at one server after the other. */
  private final class Attempt {
    private final String sandboxId;
    private final Question question;
    private final ByteBuf message;
    private final Transport transport;
    private final List<InetSocketAddress> asked;
    private final Consumer<ByteBuf> answer;
    private int server;
    private boolean answered;

    Attempt(
        String sandboxId,
        Question question,
        ByteBuf message,
        Transport transport,
        List<InetSocketAddress> asked,
        Consumer<ByteBuf> answer) {
      this.sandboxId = sandboxId;
      this.question = question;
      this.message = message;
      this.transport = transport;
      this.asked = asked;
      this.answer = answer;
    }

    void next() {
      if (answered) {
        return;
      }
      if (server == asked.size()) {
        try {
          finish(Answers.error(question, DnsResponseCode.SERVFAIL));
        } catch (Exception e) {
          throw new IllegalStateException("an answer without records cannot be encoded", e);
        }
        return;
      }
      ask(asked.get(server++));
    }

    private void ask(InetSocketAddress upstream) {
      int id = random.nextInt(ID_RANGE);
      ChannelFuture connecting =
          switch (transport) {
            case UDP -> datagram(upstream, id);
            case TCP -> stream(upstream, id);
          };
      Channel socket = connecting.channel();
      if (connecting.isDone() && !connecting.isSuccess() && !socket.isRegistered()) {
        // No socket could be made, for example for want of descriptors: nothing will be closed.
        LOG.debug("name server {}: {}", upstream, String.valueOf(connecting.cause()));
        next();
        return;
      }
      // Closing the socket, for whatever reason, leads to the next server.
      var timeout =
          loop.schedule(
              () -> {
                var _ = socket.close();
              },
              SERVER_TIMEOUT.toMillis(),
              TimeUnit.MILLISECONDS);
      var _ =
          socket
              .closeFuture()
              .addListener(
                  _ -> {
                    timeout.cancel(false);
                    next();
                  });
      var _ =
          connecting.addListener(
              done -> {
                if (done.isSuccess()) {
                  ByteBuf sent = message.copy();
                  sent.setShort(sent.readerIndex(), id);
                  var _ = socket.writeAndFlush(sent, socket.voidPromise());
                } else {
                  LOG.debug("name server {}: {}", upstream, String.valueOf(done.cause()));
                  var _ = socket.close();
                }
              });
    }

    private ChannelFuture datagram(InetSocketAddress upstream, int id) {
      // Connected: the kernel drops what comes from another sender.
      return new Bootstrap()
          .group(loop)
          .channel(NioDatagramChannel.class)
          .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM))
          .handler(
              new Replies<DatagramPacket>(id) {
                @Override
                ByteBuf content(DatagramPacket packet) {
                  return packet.content();
                }
              })
          .connect(upstream);
    }

    private ChannelFuture stream(InetSocketAddress upstream, int id) {
      return new Bootstrap()
          .group(loop)
          .channel(NioSocketChannel.class)
          .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) SERVER_TIMEOUT.toMillis())
          .handler(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                  StreamQuestions.addFrames(channel.pipeline());
                  channel
                      .pipeline()
                      .addLast(
                          new Replies<ByteBuf>(id) {
                            @Override
                            ByteBuf content(ByteBuf frame) {
                              return frame;
                            }
                          });
                }
              })
          .connect(upstream);
    }

    private void finish(ByteBuf reply) {
      answered = true;
      message.release();
      done(sandboxId);
      answer.accept(reply);
    }

    /** Takes the first reply with the right number. */
    private abstract class Replies<T> extends SimpleChannelInboundHandler<T> {
      private final int id;

      Replies(int id) {
        this.id = id;
      }

      abstract ByteBuf content(T received);

      @Override
      protected void channelRead0(ChannelHandlerContext ctx, T received) {
        ByteBuf content = content(received);
        int start = content.readerIndex();
        boolean isReply =
            content.readableBytes() >= Question.HEADER_BYTES
                && content.getUnsignedShort(start) == id
                && (content.getUnsignedShort(start + FLAGS) & Question.RESPONSE) != 0;
        if (isReply && !answered) {
          ByteBuf reply = content.copy();
          reply.setShort(reply.readerIndex(), question.id());
          finish(reply);
          var _ = ctx.close();
        }
      }

      /** Nobody listens there, or the connection was reset. */
      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        var _ = ctx.close();
      }
    }
  }
}
