package io.jukung.engine.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, read from the connection as it is wanted. A client that waits for {@code
 * 100 Continue} gets it with the first read.
 */
final class RequestBody extends InputStream {
  /** How much of a body that nobody reads is read, so that the connection can be used again. */
  private static final int MAX_DRAINED_BYTES = 256 << 10;

  private final RequestReader reader;
  private final IoAction beforeFirstRead;
  private @Nullable HttpContent current;
  private boolean begun;
  private boolean ended;

  /** Something that may fail. */
  interface IoAction {
    void run() throws IOException;
  }

  RequestBody(RequestReader reader, IoAction beforeFirstRead) {
    this.reader = reader;
    this.beforeFirstRead = beforeFirstRead;
  }

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
    ByteBuf bytes = readable();
    if (bytes == null) {
      return -1;
    }
    int count = Math.min(length, bytes.readableBytes());
    bytes.readBytes(into, offset, count);
    return count;
  }

  private @Nullable ByteBuf readable() throws IOException {
    if (!begun) {
      begun = true;
      beforeFirstRead.run();
    }
    while (current == null || !current.content().isReadable()) {
      release();
      if (ended) {
        return null;
      }
      current = reader.nextContent();
      if (current == null) {
        ended = true;
        throw new EOFException("the client ended the connection within the body of a request");
      }
      ended = current instanceof LastHttpContent;
    }
    return current.content();
  }

  private void release() {
    if (current != null) {
      current.release();
      current = null;
    }
  }

  /**
   * Reads the rest.
   *
   * @return whether the end was reached, and the next request can be read
   */
  boolean drain(boolean clientWaits) throws IOException {
    if (!ended && clientWaits && !begun) {
      return false; // the client may or may not send the body now
    }
    begun = true;
    long drained = 0;
    ByteBuf bytes = readable();
    while (bytes != null && drained < MAX_DRAINED_BYTES) {
      drained += bytes.readableBytes();
      bytes.skipBytes(bytes.readableBytes());
      bytes = readable();
    }
    return bytes == null;
  }

  @Override
  public void close() {
    release();
  }
}
