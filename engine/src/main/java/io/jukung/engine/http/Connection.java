package io.jukung.engine.http;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The bytes of one client's connection. Read by one thread and written by one thread at a time. A
 * deadline that passes closes the connection, so that the thread that waits for it goes on.
 */
final class Connection implements Closeable {
  private final Wire wire;
  private volatile long deadline;
  private volatile boolean waits;

  Connection(Wire wire) {
    this.wire = wire;
  }

  /**
   * Reads what is there, at least one byte.
   *
   * @param limit how long the client may send nothing; zero: for ever
   * @return -1 after the client's last byte
   */
  int read(ByteBuffer into, Duration limit) throws IOException {
    if (limit.isZero()) {
      return wire.read(into);
    }
    deadline = System.nanoTime() + limit.toNanos();
    waits = true;
    try {
      return wire.read(into);
    } finally {
      waits = false;
    }
  }

  /** Writes all bytes, and waits for a client that does not read. */
  void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      wire.write(bytes);
    }
  }

  /** Tells the client that nothing more comes. The client may still send. */
  void endOutput() throws IOException {
    wire.endOutput();
  }

  /** Whether the client has sent nothing for longer than it may. */
  boolean isOverdue(long now) {
    return waits && now - deadline > 0;
  }

  @Override
  public void close() throws IOException {
    wire.close();
  }
}
