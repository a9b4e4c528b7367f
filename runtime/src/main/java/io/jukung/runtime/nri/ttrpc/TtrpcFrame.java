package io.jukung.runtime.nri.ttrpc;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One message of ttrpc: ten bytes of header, then the body.
 *
 * @param stream the number of the call, which the calling side chooses; odd
 * @param type {@link #REQUEST} or {@link #RESPONSE}; others belong to streams, which NRI has not
 * @param body the protobuf message ttrpc.Request or ttrpc.Response
 */
record TtrpcFrame(int stream, byte type, byte flags, byte[] body) {
  static final int HEADER_BYTES = 10;

  /** The limit of the Go implementation. */
  static final int MAX_BODY_BYTES = 4 << 20;

  static final byte REQUEST = 1;
  static final byte RESPONSE = 2;

  /** The flag of a request after which the caller sends nothing more. */
  static final byte NO_MORE = 1;

  byte[] encode() {
    return ByteBuffer.allocate(HEADER_BYTES + body.length)
        .putInt(body.length)
        .putInt(stream)
        .put(type)
        .put(flags)
        .put(body)
        .array();
  }

  /** Receives a whole frame. */
  interface Sink {
    void accept(TtrpcFrame frame) throws IOException;
  }

  /** Puts frames together from pieces, as a stream cuts them anywhere. For one thread. */
  static final class Decoder {
    private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    private final Sink sink;
    private ByteBuffer body = ByteBuffer.allocate(0);

    /**
     * @param sink is called on the thread that feeds this decoder
     */
    Decoder(Sink sink) {
      this.sink = sink;
    }

    /**
     * Takes the next bytes of the stream.
     *
     * @throws IOException if they begin a frame that is too long, or from the sink
     */
    void feed(ByteBuffer bytes) throws IOException {
      while (true) {
        if (header.hasRemaining()) {
          transfer(bytes, header);
          if (header.hasRemaining()) {
            return;
          }
          int length = header.getInt(0);
          if (length < 0 || length > MAX_BODY_BYTES) {
            throw new IOException(
                "a ttrpc message announces "
                    + Integer.toUnsignedString(length)
                    + " bytes; the limit is "
                    + MAX_BODY_BYTES);
          }
          body = ByteBuffer.allocate(length);
        }
        transfer(bytes, body);
        if (body.hasRemaining()) {
          return;
        }
        TtrpcFrame frame =
            new TtrpcFrame(header.getInt(4), header.get(8), header.get(9), body.array());
        header.clear();
        sink.accept(frame);
        if (!bytes.hasRemaining()) {
          return;
        }
      }
    }

    private static void transfer(ByteBuffer from, ByteBuffer to) {
      int length = Math.min(from.remaining(), to.remaining());
      to.put(from.slice(from.position(), length));
      from.position(from.position() + length);
    }
  }
}
