package io.jukung.cli.container;

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
 * Reads a CRI log file while it is being written. Goes on after a rotation (the file was renamed
 * and a new one made) and after a truncation. Not thread-safe.
 */
public final class LogFile implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  /** CRI cuts lines at 16 KiB. A longer one is not from a container, and is given in pieces. */
  private static final int MAX_LINE_BYTES = 1 << 20;

  private final Path path;
  private final Consumer<byte[]> lines;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private @Nullable FileChannel channel;
  private @Nullable Object openedKey;

  /**
   * @param lines receives each line without its line break, in order
   */
  public LogFile(Path path, Consumer<byte[]> lines) {
    this.path = path;
    this.lines = lines;
  }

  /**
   * Skips all but the last {@code count} lines that the container wrote, each of which may be
   * several lines of the file. To be called before anything is read.
   *
   * @return how many lines the file has too few
   */
  long skipToLast(long count) throws IOException {
    FileChannel opened = open();
    if (opened == null) {
      return count;
    }
    Tail tail = new Tail(opened);
    opened.position(count == 0 ? opened.size() : tail.offsetOfLast(count));
    return count - Math.min(count, tail.found);
  }

  /**
   * Opens the file, so that a rotation changes nothing any more.
   *
   * @return what distinguishes the file from others; null if there is none
   */
  @Nullable Object openNow() throws IOException {
    return open() == null ? null : openedKey;
  }

  /** Reads the rest of a file that nothing is added to any more. */
  void readFinished() throws IOException {
    if (channel != null) {
      drain(channel);
      if (line.size() > 0) {
        endLine();
      }
    }
  }

  /**
   * Reads all complete lines that are in the file now.
   *
   * @return whether the file had any new bytes
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
    // More may have been written between the last read and the rotation.
    drain(opened);
    close();
    FileChannel next = open();
    return next != null && drain(next);
  }

  /** Reads to the end of the file, and also a last line without a line break. */
  void readRest() throws IOException {
    while (read()) {
      // The loop ends at the end of the file.
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
        return null; // The container has not started yet, or the log is being rotated.
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

  /** Finds the last lines of a file, reading it backwards block by block. */
  private static final class Tail {
    private final FileChannel file;

    /** How many lines were found, at most as many as were looked for. */
    long found;

    Tail(FileChannel file) {
      this.file = file;
    }

    /**
     * Returns the offset at which the last {@code count} lines that the container wrote begin. The
     * last one counts even if it is incomplete.
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
          found = complete;
        }
        start = lineStart;
      }
      return 0;
    }

    private long lineStartBefore(long lineEnd) throws IOException {
      ByteBuffer block = ByteBuffer.allocate(BUFFER_BYTES);
      long to = lineEnd - 1; // The byte there is the line's own line break.
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

    /**
     * Whether a line of the file is the last part of a line that the container wrote: any line is,
     * except one that is tagged as partial. The tag is within the first 80 bytes.
     */
    private boolean endsOwnLine(long start, long end) throws IOException {
      ByteBuffer head = ByteBuffer.allocate((int) Math.min(80, end - start));
      file.read(head, start);
      String text = new String(head.array(), 0, head.position(), StandardCharsets.US_ASCII);
      String[] fields = text.split(" ", 4);
      return fields.length < 3 || !CriLogLine.isPartial(fields[2].strip());
    }
  }
}
