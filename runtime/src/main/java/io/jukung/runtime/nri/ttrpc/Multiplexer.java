package io.jukung.runtime.nri.ttrpc;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Several streams of bytes over one socket: each piece has a header of two big-endian numbers of 4
 * bytes, the channel and the length. A plugin and its runtime call each other, each on a channel of
 * its own. Pieces of unknown channels are skipped, as in the Go implementation. Thread-safe.
 */
public final class Multiplexer {
  /** The channel on which the runtime calls the plugin. */
  public static final int PLUGIN_SERVICE = 1;

  /** The channel on which the plugin calls the runtime. */
  public static final int RUNTIME_SERVICE = 2;

  private static final int HEADER_BYTES = 8;

  /** The longest piece: one message of ttrpc. */
  private static final int MAX_PIECE_BYTES = TtrpcFrame.HEADER_BYTES + TtrpcFrame.MAX_BODY_BYTES;

  /**
   * The Go implementation reads through a buffer of this size, and its multiplexer refuses a read
   * into less space than the next piece has. So the first piece of a message fits the buffer, and
   * all the rest of the message is one piece, which is read into the message itself.
   */
  private static final int FIRST_PIECE_BYTES = 4096;

  private final ByteChannel socket;
  private final ReentrantLock sending = new ReentrantLock();

  /**
   * @param socket a connected stream in blocking mode
   */
  public Multiplexer(ByteChannel socket) {
    this.socket = socket;
  }

  /** Sends one message; messages of several threads do not mix. */
  void send(int channel, byte[] message) throws IOException {
    int first = Math.min(FIRST_PIECE_BYTES, message.length);
    sending.lock();
    try {
      sendPiece(channel, ByteBuffer.wrap(message, 0, first));
      if (first < message.length) {
        sendPiece(channel, ByteBuffer.wrap(message, first, message.length - first));
      }
    } finally {
      sending.unlock();
    }
  }

  private void sendPiece(int channel, ByteBuffer piece) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + piece.remaining());
    bytes.putInt(channel).putInt(piece.remaining()).put(piece).flip();
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  /**
   * Reads until the other side closes the connection, or breaks the protocol.
   *
   * @param channels decoders by channel
   */
  void receive(Map<Integer, TtrpcFrame.Decoder> channels) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    while (true) {
      header.clear();
      readFully(header);
      int channel = header.getInt(0);
      int length = header.getInt(4);
      if (length < 0 || length > MAX_PIECE_BYTES) {
        throw new IOException(
            "a piece of channel "
                + Integer.toUnsignedString(channel)
                + " announces "
                + Integer.toUnsignedString(length)
                + " bytes; the limit is "
                + MAX_PIECE_BYTES);
      }
      ByteBuffer piece = ByteBuffer.allocate(length);
      readFully(piece);
      TtrpcFrame.Decoder decoder = channels.get(channel);
      if (decoder != null) {
        decoder.feed(piece.flip());
      }
    }
  }

  private void readFully(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (socket.read(buffer) < 0) {
        throw new EOFException("the connection was closed");
      }
    }
  }

  void close() throws IOException {
    socket.close();
  }
}
