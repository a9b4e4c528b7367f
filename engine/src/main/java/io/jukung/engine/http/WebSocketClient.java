package io.jukung.engine.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A connection that has left HTTP for the protocol WebSocket (RFC 6455): what the two sides send is
 * the content of frames. One thread reads and another one writes.
 */
final class WebSocketClient extends Hijacked {
  /** Appended to a client's key, RFC 6455, section 1.3. */
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private static final int FINAL = 0x80;
  private static final int RESERVED = 0x70;
  private static final int OPCODE = 0x0f;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int MASKED = 0x80;
  private static final int MAX_CONTROL_BYTES = 125;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;

  private final InputStream bytes;
  private final OutputStream frames;
  private boolean closeSent;

  WebSocketClient(Connection connection, ByteBuffer early) {
    super(connection, early);
    this.bytes = super.input();
    this.frames = super.output();
  }

  /** The value of the header Sec-WebSocket-Accept for a client's key. */
  static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  @Override
  public InputStream input() {
    return new Content();
  }

  /**
   * A client that closes sends a frame about it, and gets nothing more (RFC 6455, section 5.5.1).
   */
  @Override
  public boolean isGoneAfterInput() {
    return true;
  }

  /** The content of the client's frames of data, one after the other. */
  private final class Content extends InputStream {
    private final byte[] mask = new byte[4];
    private long left;
    private int maskAt;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      while (left == 0) {
        if (ended || !nextFrame()) {
          ended = true;
          return -1;
        }
      }
      int count = bytes.read(into, offset, (int) Math.min(left, length));
      if (count < 0) {
        throw new IOException("the client ended the connection within a frame");
      }
      unmask(into, offset, count);
      left -= count;
      return count;
    }

    /** Reads the head of the next frame of data; returns false at the client's end. */
    private boolean nextFrame() throws IOException {
      while (true) {
        int first = bytes.read();
        if (first < 0) {
          return false;
        }
        int opcode = first & OPCODE;
        int second = next();
        long length = length(second & ~MASKED);
        if ((first & RESERVED) != 0 || (second & MASKED) == 0 || length < 0) {
          throw new IOException("the client sends what is no frame of WebSocket");
        }
        for (int i = 0; i < mask.length; i++) {
          mask[i] = (byte) next();
        }
        maskAt = 0;
        if (opcode < CLOSE) {
          left = length;
          return true;
        }
        if (!control(opcode, length)) {
          return false;
        }
      }
    }

    private int next() throws IOException {
      int next = bytes.read();
      if (next < 0) {
        throw new IOException("the client ended the connection within a frame");
      }
      return next;
    }

    private long length(int code) throws IOException {
      int count = code == LENGTH_16 ? 2 : code == LENGTH_64 ? 8 : 0;
      long length = count == 0 ? code : 0;
      for (int i = 0; i < count; i++) {
        length = length << 8 | next();
      }
      return length;
    }

    private void unmask(byte[] content, int offset, int count) {
      for (int i = 0; i < count; i++) {
        content[offset + i] ^= mask[maskAt];
        maskAt = (maskAt + 1) % mask.length;
      }
    }

    /** Answers a frame of control; returns false if the client closes. */
    private boolean control(int opcode, long length) throws IOException {
      if (length > MAX_CONTROL_BYTES) {
        throw new IOException("the client sends a frame of control of " + length + " bytes");
      }
      byte[] content = bytes.readNBytes((int) length);
      if (content.length < length) {
        throw new IOException("the client ended the connection within a frame");
      }
      unmask(content, 0, content.length);
      if (opcode == PING) {
        send(PONG, content, 0, content.length);
      }
      return opcode != CLOSE;
    }
  }

  private synchronized void send(int opcode, byte[] content, int offset, int length)
      throws IOException {
    if (closeSent) {
      return;
    }
    ByteBuffer frame = ByteBuffer.allocate(10 + length);
    frame.put((byte) (FINAL | opcode));
    if (length <= MAX_CONTROL_BYTES) {
      frame.put((byte) length);
    } else if (length < 1 << 16) {
      frame.put((byte) LENGTH_16).putShort((short) length);
    } else {
      frame.put((byte) LENGTH_64).putLong(length);
    }
    frame.put(content, offset, length);
    frames.write(frame.array(), 0, frame.position());
    closeSent = opcode == CLOSE;
  }

  @Override
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] content, int offset, int length) throws IOException {
        send(BINARY, content, offset, length);
      }

      @Override
      public void close() throws IOException {
        send(CLOSE, new byte[0], 0, 0);
        frames.close();
      }
    };
  }
}
