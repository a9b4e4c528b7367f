package io.jukung.engine.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A body of unknown length. What is written is sent at once, and a client that does not read makes
 * the writer wait. Used by one thread.
 */
final class ChunkedOutput extends OutputStream {
  private static final byte[] LAST = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Connection connection;
  private boolean closed;

  ChunkedOutput(Connection connection) {
    this.connection = connection;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return; // a chunk without bytes is the end
    }
    byte[] size = (Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer chunk = ByteBuffer.allocate(size.length + length + 2);
    chunk.put(size).put(bytes, offset, length).put((byte) '\r').put((byte) '\n');
    connection.write(chunk.flip());
  }

  /** Sends the end. A body without it is one that has failed in its middle. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      connection.write(ByteBuffer.wrap(LAST));
    }
  }
}
