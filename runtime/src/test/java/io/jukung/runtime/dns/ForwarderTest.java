package io.jukung.runtime.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions that are passed on to a real server on the loopback, at the port of name servers. */
class ForwarderTest {
  private static final String SERVER = "127.31.7.53";
  private static final String SILENT = "127.31.7.54";
  private static final int PORT = 53;

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AnswersTest.Names names = new AnswersTest.Names();
  private final Forwarder forwarder = new Forwarder(loop, names);

  @AfterEach
  void stop() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private ByteBuf ask(Transport transport) throws Exception {
    CompletableFuture<ByteBuf> answer = new CompletableFuture<>();
    ByteBuf message = AnswersTest.message("far.example", AnswersTest.A);
    Question question = Question.parse(message).orElseThrow();
    loop.execute(
        () -> {
          try {
            forwarder.forward("pod", question, message, transport, answer::complete);
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    return answer.get(20, TimeUnit.SECONDS);
  }

  /** The reply of the test's server: the question with the flag of an answer, and a mark. */
  private static byte[] reply(byte[] question, int length) {
    byte[] reply = Arrays.copyOf(question, length + 1);
    reply[2] |= (byte) 0x80;
    reply[length] = 77;
    return reply;
  }

  private static void assertReply(ByteBuf answer) {
    assertThat(answer.getUnsignedShort(0)).as("the number of the client").isEqualTo(0x1234);
    assertThat(answer.getUnsignedShort(2) & Question.RESPONSE).isNotZero();
    assertThat(answer.getByte(answer.writerIndex() - 1)).isEqualTo((byte) 77);
  }

  @Test
  void questionOverUdpIsAnsweredByTheNextServerIfTheFirstIsSilent() throws Exception {
    names.servers = List.of(SILENT, SERVER);
    try (DatagramSocket silent = new DatagramSocket(new InetSocketAddress(SILENT, PORT));
        DatagramSocket server = new DatagramSocket(new InetSocketAddress(SERVER, PORT))) {
      Thread.ofVirtual()
          .start(
              () -> {
                DatagramPacket packet = new DatagramPacket(new byte[512], 512);
                try {
                  server.receive(packet);
                  byte[] forged = reply(packet.getData(), packet.getLength());
                  forged[0] ^= 1; // another number: not the answer
                  send(server, forged, packet);
                  send(server, reply(packet.getData(), packet.getLength()), packet);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertReply(ask(Transport.UDP));
      assertThat(silent.isBound()).isTrue();
    }
  }

  private static void send(DatagramSocket server, byte[] bytes, DatagramPacket to)
      throws IOException {
    server.send(new DatagramPacket(bytes, bytes.length, to.getSocketAddress()));
  }

  @Test
  void questionOverTcpIsForwardedOverTcp() throws Exception {
    names.servers = List.of(SERVER);
    try (ServerSocket server = new ServerSocket(PORT, 5, InetAddress.ofLiteral(SERVER))) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket connection = server.accept()) {
                  var in = new DataInputStream(connection.getInputStream());
                  byte[] question = new byte[in.readUnsignedShort()];
                  in.readFully(question);
                  byte[] reply = reply(question, question.length);
                  var out = new DataOutputStream(connection.getOutputStream());
                  out.writeShort(reply.length);
                  out.write(reply);
                  out.flush();
                  var _ = in.read(); // until the daemon closes
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertReply(ask(Transport.TCP));
    }
  }

  @Test
  void questionWithoutAServerThatListensFails() throws Exception {
    names.servers = List.of(SERVER);
    assertThat(ask(Transport.UDP).getUnsignedShort(2) & 0xf).as("SERVFAIL").isEqualTo(2);
    assertThat(ask(Transport.TCP).getUnsignedShort(2) & 0xf).as("SERVFAIL").isEqualTo(2);
  }

  @Test
  void podThatLeadsNowhereAsksNobody() throws Exception {
    names.leadsOut = false;
    names.servers = List.of(SERVER);
    assertThat(ask(Transport.UDP).getUnsignedShort(2) & 0xf).as("NXDOMAIN").isEqualTo(3);
  }
}
