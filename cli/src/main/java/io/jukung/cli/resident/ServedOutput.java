package io.jukung.cli.resident;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * The standard output or error of a starter. A write to a slow reader ends with the command, and
 * waits while the starter is stopped.
 */
final class ServedOutput extends OutputStream {
  /** A pipe that has room takes so many bytes at once (PIPE_BUF, pipe(7)). */
  private static final int PIECE = 4096;

  private static final int FILE_PIECE = 64 * 1024;

  private final Fd output;
  private final Cancellation cancellation;
  private final boolean isFile;
  private final Memory buffer;

  ServedOutput(Fd output, Cancellation cancellation) throws ErrnoException {
    this.output = output;
    this.cancellation = cancellation;
    this.isFile = FileStatus.of(output).type() == FileType.REGULAR;
    this.buffer = Memory.allocate(isFile ? FILE_PIECE : PIECE);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] source, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, source.length);
    int done = 0;
    while (done < length) {
      int piece = Math.min(length - done, buffer.size());
      buffer.put(0, source, offset + done, piece);
      done += writePiece(piece);
    }
  }

  private int writePiece(int length) throws IOException {
    while (true) {
      cancellation.checkAndAwaitResumption();
      if (!isFile
          && Readiness.awaitEither(output, Epoll.OUT, cancellation.fd(), Epoll.FOREVER) == 0) {
        continue;
      }
      int count = Transfer.write(output, buffer, 0, length);
      if (count >= 0) {
        return count;
      }
      if (count != Transfer.WOULD_BLOCK) {
        throw new IOException(Errno.describe(-count));
      }
    }
  }

  /** Waits until no write is under way, and closes the descriptor, after the cancellation. */
  @Override
  public synchronized void close() {
    output.close();
    buffer.close();
  }
}
