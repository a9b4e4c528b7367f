package io.jukung.engine.http;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * The bytes of one client's connection. Read by one thread and written by one thread at a time. A
 * deadline that passes closes the connection, so that the thread that waits for it goes on.
 */
final class Connection implements Closeable {
  private final SocketChannel channel;
  private volatile long deadline;
  private volatile boolean waits;

  Connection(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Reads what is there, at least one byte.
   *
   * @param limit how long the client may send nothing; zero: for ever
   * @return -1 after the client's last byte
   */
  int read(ByteBuffer into, Duration limit) throws IOException {
    if (limit.isZero()) {
      return channel.read(into);
    }
    deadline = System.nanoTime() + limit.toNanos();
    waits = true;
    try {
      return channel.read(into);
    } finally {
      waits = false;
    }
  }

  /** Writes all bytes, and waits for a client that does not read. */
  void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Tells the client that nothing more comes. The client may still send. */
  void endOutput() throws IOException {
    channel.shutdownOutput();
  }

  /** Whether the client has sent nothing for longer than it may. */
  boolean isOverdue(long now) {
    return waits && now - deadline > 0;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
