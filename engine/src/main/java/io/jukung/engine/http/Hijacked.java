package io.jukung.engine.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A connection that has left HTTP: both sides send bytes until they end their side. One thread
 * reads and another one writes.
 */
public sealed class Hijacked permits WebSocketClient {
  private final Connection connection;
  private final ByteBuffer early;

  Hijacked(Connection connection, ByteBuffer early) {
    this.connection = connection;
    this.early = early;
  }

  /** What the client sends, until it ends its side. */
  public InputStream input() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        if (early.hasRemaining()) {
          int count = Math.min(length, early.remaining());
          early.get(into, offset, count);
          return count;
        }
        return connection.read(ByteBuffer.wrap(into, offset, length), Duration.ZERO);
      }
    };
  }

  /**
   * Whether the end of the input tells that the client is gone. Otherwise the client may have ended
   * its side alone, and still wants the output.
   */
  public boolean isGoneAfterInput() {
    return false;
  }

  /** What the client gets. Closing it tells the client that nothing more comes. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        connection.write(ByteBuffer.wrap(bytes, offset, length));
      }

      @Override
      public void close() throws IOException {
        connection.endOutput();
      }
    };
  }

  /** Ends the connection, and so the reader's wait. */
  public void end() throws IOException {
    connection.close();
  }
}
