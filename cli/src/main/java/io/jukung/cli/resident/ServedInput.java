package io.jukung.cli.resident;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The standard input of a starter. A read waits until there is input, so that the end of the
 * command can end it: a read that went on would take what is typed for the next program. What a
 * terminal has to read while the starter's job is in the background is left for the foreground.
 */
final class ServedInput extends InputStream {
  private static final int BUFFER_BYTES = 16 * 1024;

  /** How long the end of a command waits for a read that has just found input. */
  private static final long READ_MILLIS = 200;

  private final Fd input;
  private final ServedProcess process;
  private final Cancellation cancellation;
  private final ReentrantLock lock = new ReentrantLock();
  private final Memory buffer = Memory.allocate(BUFFER_BYTES);

  ServedInput(Fd input, ServedProcess process, Cancellation cancellation) {
    this.input = input;
    this.process = process;
    this.cancellation = cancellation;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    lock.lock();
    try {
      int count;
      do {
        awaitInput();
        count = Transfer.read(input, buffer, 0, Math.min(length, BUFFER_BYTES));
      } while (count == Transfer.WOULD_BLOCK);
      if (count < 0) {
        throw new IOException(Errno.describe(-count));
      }
      buffer.get(0, target, offset, count);
      return count == 0 ? -1 : count;
    } finally {
      lock.unlock();
    }
  }

  private void awaitInput() throws IOException {
    do {
      cancellation.check();
      process.awaitForegroundOrEnd();
    } while (Readiness.awaitEither(input, Epoll.IN, cancellation.fd(), Epoll.FOREVER) == 0
        || !process.isForeground());
    cancellation.check();
  }

  /**
   * Waits until no read is under way, and closes the descriptor. To be called after the
   * cancellation.
   */
  @Override
  public void close() {
    try {
      if (!lock.tryLock(READ_MILLIS, TimeUnit.MILLISECONDS)) {
        // Another program has taken the input that this read had found. The read ends with the
        // next input, or with the terminal; its descriptor is left to it.
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    try {
      input.close();
      buffer.close();
    } finally {
      lock.unlock();
    }
  }
}
