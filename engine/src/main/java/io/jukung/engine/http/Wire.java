package io.jukung.engine.http;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What carries the bytes of one client. Read by one thread and written by one thread at a time.
 * Closing it, by any thread, lets both go on with an {@link IOException}.
 */
public interface Wire extends Closeable {
  /** Reads what is there, at least one byte; returns -1 after the client's last byte. */
  int read(ByteBuffer into) throws IOException;

  /** Writes some of the bytes, and waits for a client that does not read. */
  void write(ByteBuffer bytes) throws IOException;

  /** Tells the client that nothing more comes. The client may still send. */
  void endOutput() throws IOException;
}
