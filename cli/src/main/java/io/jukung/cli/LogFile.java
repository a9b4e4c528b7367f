package io.jukung.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a CRI log file that is being written to, across rotation (the file moved away and another
 * in its place) and truncation. Not thread-safe.
 */
final class LogFile implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  /** A line is 16 KiB and its head; what is longer is no log, and is given in pieces. */
  private static final int MAX_LINE_BYTES = 1 << 20;

  private final Path path;
  private final Consumer<byte[]> lines;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private @Nullable FileChannel channel;
  private @Nullable Object openedKey;

  /**
   * @param lines given each line without its end, in order
   */
  LogFile(Path path, Consumer<byte[]> lines) {
    this.path = path;
    this.lines = lines;
  }

  /** Starts at the last {@code count} of the container's own lines; to be called first. */
  void skipToLast(long count) throws IOException {
    FileChannel opened = open();
    if (opened != null) {
      opened.position(count == 0 ? opened.size() : new Tail(opened).offsetOfLast(count));
    }
  }

  /**
   * Gives out all lines that are there.
   *
   * @return whether there were any bytes
   */
  boolean read() throws IOException {
    FileChannel opened = open();
    if (opened == null) {
      return false;
    }
    if (drain(opened)) {
      return true;
    }
    if (!isReplaced(opened)) {
      return false;
    }
    // Between the last read and the move more may have been written.
    drain(opened);
    close();
    FileChannel next = open();
    return next != null && drain(next);
  }

  /** Gives out a last line that lacks its end, as a crash leaves one. */
  void readRest() throws IOException {
    while (read()) {
      // until the end is reached
    }
    if (line.size() > 0) {
      endLine();
    }
  }

  private @Nullable FileChannel open() throws IOException {
    if (channel == null) {
      try {
        channel = FileChannel.open(path, StandardOpenOption.READ);
        openedKey = key();
      } catch (NoSuchFileException e) {
        return null; // not yet: the container has not started, or the log is being rotated
      }
    }
    return channel;
  }

  private boolean drain(FileChannel from) throws IOException {
    boolean any = false;
    while (from.read(buffer.clear()) > 0) {
      any = true;
      buffer.flip();
      while (buffer.hasRemaining()) {
        byte b = buffer.get();
        if (b == '\n') {
          endLine();
        } else {
          line.write(b);
          if (line.size() == MAX_LINE_BYTES) {
            endLine();
          }
        }
      }
    }
    return any;
  }

  private void endLine() {
    lines.accept(line.toByteArray());
    line.reset();
  }

  private boolean isReplaced(FileChannel opened) throws IOException {
    Object now = key();
    return now != null && (!now.equals(openedKey) || opened.size() < opened.position());
  }

  private @Nullable Object key() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
    line.reset();
  }

  /** Walks a file backwards, block by block. */
  private static final class Tail {
    private final FileChannel file;

    Tail(FileChannel file) {
      this.file = file;
    }

    /**
     * Where the last {@code count} lines of the container's own begin; the last may be unfinished.
     */
    long offsetOfLast(long count) throws IOException {
      long end = file.size();
      long complete = 0;
      long start = end;
      while (start > 0) {
        long lineStart = lineStartBefore(start);
        boolean endsOwnLine = endsOwnLine(lineStart, start);
        if (endsOwnLine && complete == count) {
          return start;
        }
        if (endsOwnLine || start == end) {
          complete++;
        }
        start = lineStart;
      }
      return 0;
    }

    private long lineStartBefore(long lineEnd) throws IOException {
      ByteBuffer block = ByteBuffer.allocate(BUFFER_BYTES);
      long to = lineEnd - 1; // its own line break
      while (to > 0) {
        long from = Math.max(0, to - BUFFER_BYTES);
        block.clear().limit((int) (to - from));
        file.read(block, from);
        for (int i = block.position() - 1; i >= 0; i--) {
          if (block.get(i) == '\n') {
            return from + i + 1;
          }
        }
        to = from;
      }
      return 0;
    }

    /** Anything but a partial line does. The head of a line is short and says it. */
    private boolean endsOwnLine(long start, long end) throws IOException {
      ByteBuffer head = ByteBuffer.allocate((int) Math.min(80, end - start));
      file.read(head, start);
      String text = new String(head.array(), 0, head.position(), StandardCharsets.US_ASCII);
      String[] fields = text.split(" ", 4);
      return fields.length < 3 || !CriLogLine.isPartial(fields[2].strip());
    }
  }
}
