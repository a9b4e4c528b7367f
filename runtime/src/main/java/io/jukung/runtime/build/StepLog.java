package io.jukung.runtime.build;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.image.build.CommandRunner.Output;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log of a container (CRI's format) while it grows, and passes on what the container has
 * written, without times and marks. The log loses nothing, however slow its reader is. For one
 * thread.
 */
final class StepLog implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Path file;
  private final Output output;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private @Nullable InputStream in;

  StepLog(Path file, Output output) {
    this.file = file;
    this.output = output;
  }

  /** Passes on what was added to the log since the last call. */
  void read() throws IOException, InterruptedException {
    InputStream log = open();
    if (log == null) {
      return;
    }
    int count;
    while ((count = log.read(buffer, filled, buffer.length - filled)) > 0) {
      filled += count;
      passOn();
    }
  }

  private @Nullable InputStream open() throws IOException {
    if (in == null) {
      try {
        // A virtual thread that is interrupted must not close a channel in the middle of a line.
        in = Files.newInputStream(file);
      } catch (NoSuchFileException e) {
        return null; // the container has not been started yet
      }
    }
    return in;
  }

  /** Passes on the complete lines in the buffer. */
  private void passOn() throws IOException, InterruptedException {
    int start = 0;
    for (int end = newline(start); end >= 0; end = newline(start)) {
      line(start, end);
      start = end + 1;
    }
    if (start == 0 && filled == buffer.length) {
      throw new IOException("the log " + file + " has a line that no shim writes");
    }
    System.arraycopy(buffer, start, buffer, 0, filled - start);
    filled -= start;
  }

  private int newline(int from) {
    for (int i = from; i < filled; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** A line is {@code TIME STREAM TAG CONTENT}; the tag P says that the line goes on. */
  private void line(int start, int end) throws IOException, InterruptedException {
    int stream = space(start, end);
    int tag = space(stream, end);
    int content = space(tag, end);
    boolean error = new String(buffer, stream, tag - stream, US_ASCII).startsWith("stderr");
    boolean whole = buffer[tag] == 'F';
    byte[] text = Arrays.copyOfRange(buffer, content, end + (whole ? 1 : 0));
    if (text.length > 0) {
      output.write(error, text, text.length);
    }
  }

  /** Where the word after the next space begins. */
  private int space(int from, int end) throws IOException {
    for (int i = from; i < end; i++) {
      if (buffer[i] == ' ') {
        return i + 1;
      }
    }
    throw new IOException("the log " + file + " has a line that is not CRI's");
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
    }
  }
}
