package io.jukung.shim;

import static io.jukung.linux.fs.OpenFlags.O_APPEND;
import static io.jukung.linux.fs.OpenFlags.O_CREAT;
import static io.jukung.linux.fs.OpenFlags.O_NOCTTY;
import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_WRONLY;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.WallClock;
import io.jukung.linux.libc.Memory;
import io.jukung.shim.SavedPod.SavedLog;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A container's log in the format that kubelet reads:
 *
 * <pre>
 *   2026-11-21T00:00:00.000000000Z stdout F a whole line
 *   2026-11-21T00:00:00.000000000Z stderr P the first 16 KiB of a long line, or a tail without end
 * </pre>
 *
 * If the file cannot be written, because the disk is full for example, lines are dropped: the
 * application is never delayed. All lines of one read carry the same time. A log with limits leaves
 * records out, and says so in lines of its own, see {@link LogGate}. Not thread-safe.
 */
final class CriLog {
  /** The longest content of one record, as in other runtimes; a longer line is split. */
  static final int MAX_CONTENT = 16 * 1024;

  /** How much one read takes from a container: the default capacity of a pipe. */
  static final int READ_SIZE = 64 * 1024;

  private static final int MODE = 0640;
  private static final int TAG_AT = Rfc3339.LENGTH + " stdout ".length();
  private static final int HEADER_SIZE = TAG_AT + 2;

  /** Two reads' worth of ordinary lines, and far more than the longest record. */
  private static final int BATCH_SIZE = 2 * READ_SIZE;

  /**
   * Native memory that all logs of the process share, because the loop serves one stream at a time.
   */
  static final class Buffers {
    /** Holds the unfinished line of a stream and the read after it. */
    final Memory chunk = Memory.allocate(MAX_CONTENT + READ_SIZE);

    private final Memory batch = Memory.allocate(BATCH_SIZE);
    private final WallClock clock;
    private final Rfc3339 time = new Rfc3339();
    private int chunkUsed;
    private int batchUsed;

    Buffers(WallClock clock) {
      this.clock = clock;
    }

    /**
     * Overwrites what containers have written, and only that: pages that were never used take no
     * memory.
     */
    void clear() {
      chunk.clear(chunkUsed);
      batch.clear(batchUsed);
      chunkUsed = 0;
      batchUsed = 0;
    }
  }

  private final Buffers buffers;
  private final String path;
  private @Nullable Fd file;
  // Null: the log has no limits.
  private final @Nullable LogGate gate;
  private String lastStream = "stdout";
  private int batched;
  private boolean torn;
  // Whether the size of the file was looked up since the last read from the container.
  private boolean measured;
  private long droppedBytes;

  private CriLog(Buffers buffers, String path, @Nullable LogGate gate) {
    this.buffers = buffers;
    this.path = path;
    this.gate = gate;
  }

  /**
   * Opens the log, which may exist, to append.
   *
   * @param path empty to discard all output
   * @param gate null: the log has no limits
   */
  static CriLog open(Buffers buffers, String path, @Nullable LogGate gate) throws ErrnoException {
    CriLog log = new CriLog(buffers, path, gate);
    log.reopen();
    return log;
  }

  /** Goes on with a log of a shim that has slept. */
  static CriLog restore(Buffers buffers, SavedLog saved) {
    SavedPod.SavedGate gate = saved.gate();
    CriLog log = new CriLog(buffers, saved.path(), gate == null ? null : LogGate.restore(gate));
    log.file = saved.file() == SavedPod.NONE ? null : Fd.own(saved.file());
    log.torn = saved.torn();
    log.droppedBytes = saved.droppedBytes();
    return log;
  }

  /** Describes the log for {@link #restore}. Between two events no record waits in the batch. */
  SavedLog save() {
    return new SavedLog(
        path,
        file == null ? SavedPod.NONE : file.number(),
        torn,
        droppedBytes,
        gate == null ? null : gate.save());
  }

  /**
   * Continues in the file that is at the path now, which is created if kubelet has moved the old
   * one away. If that fails, the log continues in the old file.
   */
  void reopen() throws ErrnoException {
    if (path.isEmpty()) {
      return;
    }
    // NONBLOCK: opening a FIFO at the path must not block the loop. No symlinks: a container that
    // has the log directory as a volume could replace a directory of the path by one.
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY;
    Fd reopened = HostFile.openNoSymlinks(path, flags, MODE);
    if (gate != null) {
      try {
        gate.file(reopened.seekToEnd());
      } catch (ErrnoException e) {
        reopened.close(); // a FIFO has no size that could be limited
        throw e;
      }
    }
    closeFile();
    file = reopened;
    torn = false;
  }

  /** Returns one of the two streams of the log. */
  Stream stream(String name) {
    return new Stream(this, name);
  }

  /** Returns how many bytes could not be written. */
  long droppedBytes() {
    return droppedBytes;
  }

  /** Returns how many bytes of output the limits have left out. */
  long leftOutBytes() {
    return gate == null ? 0 : gate.leftOut();
  }

  void close() {
    if (gate != null && gate.state() != LogGate.State.OPEN && file != null) {
      note(gate, gate.end());
      gate.begin(LogGate.State.OPEN);
      flush();
    }
    closeFile();
  }

  private void closeFile() {
    if (file != null) {
      file.close();
      file = null;
    }
  }

  /** Whether the limits of the log let a record with so many bytes of output in. */
  private boolean admits(LogGate limits, String stream, int length) {
    int recordLength = HEADER_SIZE + length + 1;
    lastStream = stream;
    if (limits.isTooLarge(recordLength)) {
      measure(limits);
      if (limits.isTooLarge(recordLength) && limits.mayRotate()) {
        rotate(limits);
      }
    }
    LogGate.State verdict = limits.judge(recordLength);
    if (verdict == LogGate.State.OPEN) {
      if (limits.state() != LogGate.State.OPEN) {
        note(limits, limits.end());
        limits.begin(LogGate.State.OPEN);
      }
      limits.take(recordLength);
      return true;
    }
    if (limits.state() == LogGate.State.OPEN) {
      limits.begin(verdict);
      note(limits, limits.beginning());
    }
    return false;
  }

  /**
   * Writes the batch, and looks up how large the file is. A full disk may have dropped records that
   * count as written, and somebody else may have truncated the file. The size is looked up once for
   * each read from the container, because a read may have thousands of records.
   */
  private void measure(LogGate limits) {
    flush();
    if (measured || file == null) {
      return;
    }
    measured = true;
    try {
      limits.measured(file.seekToEnd());
    } catch (ErrnoException e) {
      ErrorLog.say("log " + path + " is not measured: " + e.getMessage());
    }
  }

  /** Writes a line of the log's own. */
  private void note(LogGate limits, String text) {
    byte[] line = (" " + lastStream + " F " + text + "\n").getBytes(StandardCharsets.US_ASCII);
    int length = Rfc3339.LENGTH + line.length;
    int at = reserve(length);
    byte[] time = buffers.time.format(buffers.clock.nanos());
    buffers.batch.put(at, time, 0, Rfc3339.LENGTH);
    buffers.batch.put(at + Rfc3339.LENGTH, line, 0, line.length);
    limits.take(length);
  }

  /** Moves the files on, drops the oldest, and continues in a new one. */
  private void rotate(LogGate limits) {
    File full = new File(path);
    try {
      // An earlier attempt may have moved the file and failed to make the new one, for lack of
      // space or of descriptors. Then nothing is at the path, and nothing must be moved again.
      if (full.exists()) {
        moveOn(full, limits.maxFiles());
      }
      reopen();
    } catch (IOException e) {
      if (limits.rotationFailed()) {
        ErrorLog.say("log " + path + " is not rotated, and output is left out: " + e.getMessage());
      }
    }
  }

  private void moveOn(File full, int maxFiles) throws IOException {
    if (maxFiles == 1) {
      if (!full.delete()) {
        throw new IOException(full + " cannot be deleted");
      }
      return;
    }
    // Files behind a gap stay: the gap takes the file before it. An attempt that failed half-way
    // leaves a gap, and must not move the files behind it once more.
    int free = 1;
    while (free < maxFiles - 1 && earlier(free).exists()) {
      free++;
    }
    for (int i = free; i > 0; i--) {
      File from = i == 1 ? full : earlier(i - 1);
      if (!from.renameTo(earlier(i))) {
        throw new IOException(from + " cannot be renamed to " + earlier(i));
      }
    }
  }

  private File earlier(int number) {
    return new File(path + "." + number);
  }

  /** Reserves room for a record in the batch and returns its offset. */
  private int reserve(int length) {
    if (batched + length > BATCH_SIZE) {
      flush();
    }
    int at = batched;
    batched += length;
    buffers.batchUsed = Math.max(buffers.batchUsed, batched);
    return at;
  }

  /** Writes the batch; bytes that the file does not take are dropped. */
  private void flush() {
    int length = batched;
    batched = 0;
    if (file == null || length == 0) {
      return;
    }
    if (torn && !endTornLine(file)) {
      drop(length);
      return;
    }
    int done = 0;
    while (done < length) {
      int count = Transfer.write(file, buffers.batch, done, length - done);
      if (count <= 0) {
        drop(length - done);
        // If the file ends within a record, the next record must not continue that line.
        torn = done > 0 && buffers.batch.getByte(done - 1) != '\n';
        return;
      }
      done += count;
    }
  }

  private void drop(int bytes) {
    droppedBytes += bytes;
    if (gate != null) {
      gate.giveBack(bytes);
    }
  }

  private boolean endTornLine(Fd log) {
    try (Memory newline = Memory.allocate(1)) {
      newline.putByte(0, '\n');
      if (Transfer.write(log, newline, 0, 1) != 1) {
        return false;
      }
    }
    torn = false;
    if (gate != null) {
      gate.take(1);
    }
    return true;
  }

  /** Splits one stream into records. Keeps an unfinished line until its end comes. */
  static final class Stream {
    private final CriLog log;
    private final String name;
    private final Memory header;
    private @Nullable Memory tail;
    private int tailLength;
    private int lastReadAt;

    private Stream(CriLog log, String name) {
      this.log = log;
      this.name = name;
      byte[] rest = (" " + name + " F ").getBytes(StandardCharsets.US_ASCII);
      header = Memory.allocate(HEADER_SIZE);
      header.put(Rfc3339.LENGTH, rest, 0, rest.length);
    }

    /**
     * Reads once from the container and logs it.
     *
     * @return bytes read, 0 at the end of the stream, or a negated error number
     */
    int pump(Fd source) {
      Memory chunk = log.buffers.chunk;
      int before = tailLength;
      lastReadAt = before;
      int count = Transfer.read(source, chunk, before, READ_SIZE);
      log.buffers.chunkUsed = Math.max(log.buffers.chunkUsed, before + Math.max(count, 0));
      if (count > 0 && log.file != null) {
        if (tail != null && before > 0) {
          tail.copyTo(0, chunk, 0, before);
        }
        split(chunk, before, before + count);
      }
      return count;
    }

    /**
     * Returns the memory with the bytes of the last {@link #pump}, valid until the next one of any
     * stream.
     */
    Memory chunk() {
      return log.buffers.chunk;
    }

    /** Returns the offset in {@link #chunk} at which the bytes of the last {@link #pump} begin. */
    int lastReadAt() {
      return lastReadAt;
    }

    String name() {
      return name;
    }

    /** Returns the unfinished line. */
    byte[] tail() {
      return tail == null ? new byte[0] : tail.getBytes(0, tailLength);
    }

    /** Begins with an unfinished line. */
    void restoreTail(byte[] line) {
      if (line.length > 0) {
        Memory kept = Memory.allocate(MAX_CONTENT);
        kept.put(0, line, 0, line.length);
        tail = kept;
        tailLength = line.length;
      }
    }

    /** Ends the stream: logs an unfinished line as a partial record. */
    void end() {
      if (tail != null) {
        if (tailLength > 0) {
          stamp();
          record(tail, 0, tailLength, 'P');
          log.flush();
        }
        tail.clear();
        tail.close();
        tail = null;
        tailLength = 0;
      }
      header.close();
    }

    /**
     * Logs the bytes of {@code chunk} up to {@code end}. The caller knows that no newline is before
     * {@code scanFrom}.
     */
    private void split(Memory chunk, int scanFrom, int end) {
      stamp();
      int start = 0;
      int from = scanFrom;
      while (true) {
        int newline = chunk.indexOf((byte) '\n', from, end - from);
        int stop = newline < 0 ? end : newline;
        while (stop - start > MAX_CONTENT) {
          record(chunk, start, MAX_CONTENT, 'P');
          start += MAX_CONTENT;
        }
        if (newline < 0) {
          break;
        }
        record(chunk, start, newline - start, 'F');
        start = newline + 1;
        from = start;
      }
      keepTail(chunk, start, end - start);
      log.flush();
    }

    private void keepTail(Memory chunk, int start, int length) {
      if (length > 0) {
        if (tail == null) {
          tail = Memory.allocate(MAX_CONTENT);
        }
        chunk.copyTo(start, tail, 0, length);
      }
      tailLength = length;
    }

    private void stamp() {
      Buffers buffers = log.buffers;
      header.put(0, buffers.time.format(buffers.clock.nanos()), 0, Rfc3339.LENGTH);
      if (log.gate != null) {
        log.gate.refill(System.nanoTime());
        log.measured = false;
      }
    }

    private void record(Memory content, int start, int length, char tag) {
      if (log.gate != null && !log.admits(log.gate, name, length)) {
        log.gate.leaveOut(length + (tag == 'F' ? 1 : 0)); // with the newline
        return;
      }
      int at = log.reserve(HEADER_SIZE + length + 1);
      Memory batch = log.buffers.batch;
      header.copyTo(0, batch, at, HEADER_SIZE);
      if (tag != 'F') {
        batch.putByte(at + TAG_AT, tag);
      }
      content.copyTo(start, batch, at + HEADER_SIZE, length);
      batch.putByte(at + HEADER_SIZE + length, '\n');
    }
  }

  /** Whether a result of {@link Stream#pump} means the end of the output. */
  static boolean isEnd(int pumped) {
    // EIO: no process holds the slave of the pseudo terminal open any more.
    return pumped == 0 || pumped == -Errno.EIO;
  }
}
