package io.jukung.engine.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the requests of a connection one after the other, by Netty's decoder, which refuses what is
 * not HTTP. Used by one thread.
 */
final class RequestReader implements Closeable {
  /** How long a connection may be unused. Docker's client keeps one for 90 s. */
  static final Duration IDLE = Duration.ofMinutes(2);

  /** How long a request line and its headers may stand still. */
  static final Duration HEAD_STALL = Duration.ofSeconds(20);

  /** How long a body may stand still: its sender may be reading a slow disk. */
  static final Duration BODY_STALL = Duration.ofMinutes(5);

  /** The arguments and labels of a build are in the line, and arguments may be certificates. */
  private static final int MAX_LINE_BYTES = 128 << 10;

  /** X-Registry-Auth and X-Registry-Config are in headers. */
  private static final int MAX_HEADER_BYTES = 64 << 10;

  static final int MAX_HEADERS = 100;
  private static final int PIECE_BYTES = 32 << 10;

  private final Connection connection;
  private final Decoder decoder;
  private final EmbeddedChannel codec;
  private final ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
  private boolean ended;

  RequestReader(Connection connection) {
    this.connection = connection;
    this.decoder = new Decoder();
    this.codec = new EmbeddedChannel(decoder);
  }

  /** Gives one object at a time, so that what follows a request is not taken for another one. */
  private static final class Decoder extends HttpRequestDecoder {
    Decoder() {
      super(
          new HttpDecoderConfig()
              .setMaxInitialLineLength(MAX_LINE_BYTES)
              .setMaxHeaderSize(MAX_HEADER_BYTES)
              .setMaxChunkSize(PIECE_BYTES));
      setSingleDecode(true);
    }
  }

  /**
   * Waits for the next request.
   *
   * @return null if the client has ended the connection
   * @throws HttpError if it is no request, or exceeds a limit
   */
  @Nullable HttpRequest next() throws IOException {
    HttpObject object = read(IDLE, HEAD_STALL);
    while (object instanceof HttpContent rest && !(object instanceof HttpRequest)) {
      rest.release(); // of the request before, which was answered without it
      object = read(IDLE, HEAD_STALL);
    }
    if (object == null) {
      return null;
    }
    requireGood(object);
    HttpRequest request = (HttpRequest) object;
    if (request.headers().size() > MAX_HEADERS) {
      throw new HttpError(431, "the request has more than " + MAX_HEADERS + " headers");
    }
    return request;
  }

  /**
   * Waits for the next piece of the body.
   *
   * @return what the caller releases; null if the client is gone
   */
  @Nullable HttpContent nextContent() throws IOException {
    HttpObject object = read(BODY_STALL, BODY_STALL);
    if (object == null) {
      return null;
    }
    requireGood(object);
    if (object instanceof HttpContent content) {
      return content;
    }
    throw HttpError.badRequest("the request has no end");
  }

  private static void requireGood(HttpObject object) {
    if (object.decoderResult().isFailure()) {
      ReferenceCountUtil.release(object);
      throw HttpError.badRequest(
          "not a request of HTTP/1.1: " + object.decoderResult().cause().getMessage());
    }
  }

  private @Nullable HttpObject read(Duration first, Duration next) throws IOException {
    Duration limit = first;
    while (true) {
      HttpObject object = codec.readInbound();
      if (object == null) {
        // The decoder may have more than one object of what it has got.
        codec.writeInbound(Unpooled.EMPTY_BUFFER);
        object = codec.readInbound();
      }
      if (object != null || ended) {
        return object;
      }
      int count = connection.read(piece.clear(), limit);
      if (count < 0) {
        ended = true;
        codec.finish();
      } else {
        codec.writeInbound(Unpooled.copiedBuffer(piece.flip()));
        limit = next;
      }
    }
  }

  /**
   * Leaves HTTP: what the client sends from now on is given as it is.
   *
   * @return the bytes that have come already
   */
  ByteBuffer takeRest() {
    codec.pipeline().remove(decoder);
    ByteBuffer rest = ByteBuffer.allocate(0);
    Object object = codec.readInbound();
    while (object != null) {
      if (object instanceof ByteBuf bytes) {
        ByteBuffer more = ByteBuffer.allocate(rest.remaining() + bytes.readableBytes());
        more.put(rest);
        bytes.readBytes(more);
        rest = more.flip();
      }
      if (!(object instanceof LastHttpContent)) {
        ReferenceCountUtil.release(object);
      }
      object = codec.readInbound();
    }
    return rest;
  }

  @Override
  public void close() {
    codec.finishAndReleaseAll();
  }
}
