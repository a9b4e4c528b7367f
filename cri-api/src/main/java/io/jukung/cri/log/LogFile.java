package io.jukung.cri.log;

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
 * Reads a CRI log file while it is being written. Goes on after rotations (the file was renamed and
 * a new one made) and after a truncation. Not thread-safe.
 */
public final class LogFile implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  /** CRI cuts lines at 16 KiB. A longer one is not from a container, and is given in pieces. */
  private static final int MAX_LINE_BYTES = 1 << 20;

  /** A rotation needs at least 64 KiB of output, so two in a row are already rare. */
  private static final int OPEN_ATTEMPTS = 10;

  /** How a path is opened. Tests let the log rotate meanwhile. */
  interface Opener {
    FileChannel open(Path path) throws IOException;
  }

  /** An open file, and what distinguishes it from others while it is open. */
  private record Opened(FileChannel channel, Object key) {}

  private final Opener opener;
  private final Path path;
  private final Consumer<byte[]> lines;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private @Nullable Opened opened;

  /**
   * @param lines receives each line without its line break, in order
   */
  public LogFile(Path path, Consumer<byte[]> lines) {
    this(path, lines, each -> FileChannel.open(each, StandardOpenOption.READ));
  }

  LogFile(Path path, Consumer<byte[]> lines, Opener opener) {
    this.opener = opener;
    this.path = path;
    this.lines = lines;
  }

  /** Returns the file that rotation has given the number; it may not exist, and is not open. */
  LogFile earlier(int number) {
    return new LogFile(Path.of(path + "." + number), lines, opener);
  }

  /**
   * Skips all but the last {@code count} lines that the container wrote, each of which may be
   * several lines of the file. To be called before anything is read.
   *
   * @return how many lines the file has too few
   */
  public long skipToLast(long count) throws IOException {
    Opened file = open();
    if (file == null) {
      return count;
    }
    FileChannel channel = file.channel();
    Tail tail = new Tail(channel);
    channel.position(count == 0 ? channel.size() : tail.offsetOfLast(count));
    return count - Math.min(count, tail.found);
  }

  /**
   * Opens the file, so that a rotation changes nothing any more.
   *
   * @return what distinguishes the file from others; null if there is none
   */
  @Nullable Object openNow() throws IOException {
    Opened file = open();
    return file == null ? null : file.key();
  }

  /** Reads the rest of a file that nothing is added to any more. */
  void readFinished() throws IOException {
    if (opened != null) {
      drain(opened.channel());
      if (line.size() > 0) {
        endLine();
      }
    }
  }

  /**
   * Reads all complete lines that are in the file now. If the log was rotated since the last read,
   * reads the rest of the old file, then the files that came and went meanwhile, then the new one.
   * A log that was not opened before is read from its first file.
   *
   * @return whether there was anything new
   */
  public boolean read() throws IOException {
    boolean begins = opened == null;
    Opened file = open();
    if (file == null) {
      return false;
    }
    if (begins) {
      boolean any = EarlierLogs.readAll(this, file.key());
      return drain(file.channel()) || any;
    }
    if (drain(file.channel())) {
      return true;
    }
    if (!isReplaced(file)) {
      return false;
    }
    // The old file stays open until the others are found, so that none of them gets its key.
    Opened next = openCurrent();
    if (next == null) {
      return false; // the log is being rotated; the next read tries again
    }
    opened = next;
    try (FileChannel old = file.channel()) {
      boolean any = false;
      if (next.key().equals(file.key())) {
        line.reset(); // truncated
      } else {
        // More may have been written between the last read and the rotation.
        any = drain(old);
        if (line.size() > 0) {
          endLine();
        }
        any |= EarlierLogs.readBetween(this, file.key(), next.key());
      }
      return drain(next.channel()) || any;
    }
  }

  /** Reads to the end of the file, and also a last line without a line break. */
  public void readRest() throws IOException {
    while (read()) {
      // The loop ends at the end of the file.
    }
    if (line.size() > 0) {
      endLine();
    }
  }

  private @Nullable Opened open() throws IOException {
    if (opened == null) {
      opened = openCurrent();
    }
    return opened;
  }

  /**
   * Opens the file that is at the path now.
   *
   * @return null if there is none, because the container has not started yet or the log is being
   *     rotated
   */
  private @Nullable Opened openCurrent() throws IOException {
    for (int i = 0; i < OPEN_ATTEMPTS; i++) {
      // A rotation may come between the look at the key and the opening. Then the keys before and
      // after differ, and neither may be that of the file.
      Object before = key();
      if (before == null) {
        return null;
      }
      FileChannel channel;
      try {
        channel = opener.open(path);
      } catch (NoSuchFileException e) {
        return null;
      }
      if (before.equals(key())) {
        return new Opened(channel, before);
      }
      channel.close();
    }
    return null;
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

  private boolean isReplaced(Opened file) throws IOException {
    Object now = key();
    FileChannel channel = file.channel();
    return now != null && (!now.equals(file.key()) || channel.size() < channel.position());
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
    if (opened != null) {
      opened.channel().close();
      opened = null;
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
