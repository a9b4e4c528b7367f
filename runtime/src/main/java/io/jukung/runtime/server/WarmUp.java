package io.jukung.runtime.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.grpc.MethodDescriptor;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the daemon's own socket once, with calls that change nothing, so that the JVM has loaded
 * the classes before the first call of kubelet. That call takes 30 ms then, and 200 ms without.
 *
 * <p>The calls are written to the socket as HTTP/2 frames (RFC 9113), one after the other: a gRPC
 * client would load some hundred classes for these calls alone.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  private static final List<MethodDescriptor<?, ?>> CALLS =
      List.of(
          RuntimeServiceGrpc.getVersionMethod(),
          RuntimeServiceGrpc.getListPodSandboxMethod(),
          RuntimeServiceGrpc.getListContainersMethod(),
          RuntimeServiceGrpc.getStatusMethod(),
          ImageServiceGrpc.getListImagesMethod());

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int INITIAL_WINDOW_SIZE = 4;

  /** Room for any list, so that no answer waits for this client. */
  private static final int WINDOW_BYTES = 1 << 30;

  /** A message of gRPC that is not compressed and has no bytes. */
  private static final byte[] EMPTY_REQUEST = new byte[5];

  private WarmUp() {}

  /**
   * Makes the calls on a thread of its own.
   *
   * @param afterwards runs on that thread when the calls have ended, also if they have failed
   */
  static Thread startInBackground(Path socket, Runnable afterwards) {
    return Thread.ofPlatform()
        .daemon()
        .name("warm-up")
        .start(
            () -> {
              var _ = call(socket, CALLS);
              afterwards.run();
            });
  }

  /**
   * Makes some calls, each with an empty request.
   *
   * @return whether all were answered
   */
  static boolean call(Path socket, List<MethodDescriptor<?, ?>> calls) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      DataInputStream answers = new DataInputStream(Channels.newInputStream(channel));
      send(channel, opening());
      int stream = 1;
      for (MethodDescriptor<?, ?> call : calls) {
        send(channel, request(call.getFullMethodName(), stream));
        awaitEnd(answers, stream);
        stream += 2; // a client has the odd numbers
      }
      return true;
    } catch (IOException e) {
      // Nothing depends on these calls; the first caller only waits longer.
      LOG.debug("warm-up ended early: {}", e.toString());
      return false;
    }
  }

  private static void send(SocketChannel channel, ByteArrayOutputStream bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** Reads frames until the server has ended a stream. The end of the connection is an error. */
  private static void awaitEnd(DataInputStream answers, int stream) throws IOException {
    int flags;
    int number;
    do {
      int lengthAndType = answers.readInt();
      flags = answers.readUnsignedByte();
      number = answers.readInt();
      answers.skipNBytes(lengthAndType >>> 8);
    } while (number != stream || (flags & END_STREAM) == 0);
  }

  private static ByteArrayOutputStream opening() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(PREFACE.getBytes(US_ASCII));
    ByteArrayOutputStream settings = new ByteArrayOutputStream();
    DataOutputStream setting = new DataOutputStream(settings);
    setting.writeShort(INITIAL_WINDOW_SIZE);
    setting.writeInt(WINDOW_BYTES);
    frame(bytes, SETTINGS, 0, 0, settings.toByteArray());
    frame(bytes, WINDOW_UPDATE, 0, 0, ByteBuffer.allocate(4).putInt(WINDOW_BYTES).array());
    return bytes;
  }

  private static ByteArrayOutputStream request(String method, int stream) throws IOException {
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    header(headers, ":method", "POST");
    header(headers, ":scheme", "http");
    header(headers, ":path", "/" + method);
    header(headers, ":authority", "localhost");
    header(headers, "content-type", "application/grpc");
    header(headers, "te", "trailers");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    frame(bytes, HEADERS, END_HEADERS, stream, headers.toByteArray());
    frame(bytes, DATA, END_STREAM, stream, EMPTY_REQUEST);
    return bytes;
  }

  private static void frame(
      ByteArrayOutputStream target, int type, int flags, int stream, byte[] content)
      throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(content.length << 8 | type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(content);
  }

  /** Writes a header that is in no table (RFC 7541, 6.2.2). Both texts are short. */
  private static void header(ByteArrayOutputStream target, String name, String value) {
    target.write(0);
    text(target, name);
    text(target, value);
  }

  private static void text(ByteArrayOutputStream target, String text) {
    target.write(text.length()); // of less than 127 bytes, without Huffman code
    target.writeBytes(text.getBytes(US_ASCII));
  }
}
