package io.jukung.runtime.build;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;

/** Sends an archive to the client in pieces, no faster than the client takes them. */
final class ArchiveMessages extends OutputStream {
  private static final int PIECE_BYTES = 64 << 10;

  private final ProgressMessages messages;
  private final byte[] piece = new byte[PIECE_BYTES];
  private int filled;

  ArchiveMessages(ProgressMessages messages) {
    this.messages = messages;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = Math.min(length - done, PIECE_BYTES - filled);
      System.arraycopy(source, offset + done, piece, filled, count);
      filled += count;
      done += count;
      if (filled == PIECE_BYTES) {
        flush();
      }
    }
  }

  @Override
  public void flush() throws IOException {
    if (filled == 0) {
      return;
    }
    try {
      messages.archive(ByteString.copyFrom(piece, 0, filled));
      filled = 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("the build was cancelled").initCause(e);
    }
  }
}
