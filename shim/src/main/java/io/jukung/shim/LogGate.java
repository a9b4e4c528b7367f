package io.jukung.shim;

import io.jukung.shim.SavedPod.SavedGate;
import io.jukung.shim.v1.LogLimits;

/**
 * Decides which records a log with limits takes: a largest file, and a rate. Records that are not
 * taken are left out and counted. Logs without limits have none of these objects. Not thread-safe.
 *
 * <pre>
 *   OPEN ──a record does not fit──▶ TOO_LARGE ──the file is another one, with room──▶ OPEN
 *        ──a record is too early──▶ TOO_FAST  ──half of a burst may be logged again──▶ OPEN
 * </pre>
 *
 * The way back is longer than the way there, so that a fast container gets some long gaps and not
 * many short ones.
 */
final class LogGate {
  /** The most files that a log has. */
  static final int MAX_FILES = 1000;

  /**
   * How much of the largest size is kept for the lines that say where output is left out: the
   * beginning of a gap and its end have to fit, with their time.
   */
  static final int RESERVE = 512;

  /** The longest of those lines. */
  static final int NOTE_SIZE = RESERVE / 2;

  /** A container that was quiet may log this much at once, however low its rate is. */
  private static final long LEAST_BURST = 2L * CriLog.MAX_CONTENT;

  /** How much room a file that was full has to have: enough for the longest record and a note. */
  private static final int LEAST_ROOM = CriLog.MAX_CONTENT + 2 * NOTE_SIZE;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /**
   * How long a log that could not be rotated waits. A file system that was full may have room then,
   * and each attempt costs some system calls.
   */
  private static final long RETRY_NANOS = NANOS_PER_SECOND;

  /** Whether output is left out, and why. */
  enum State {
    OPEN(0),
    TOO_LARGE(1),
    TOO_FAST(2);

    static final int MAX_CODE = 2;

    /** What stands for the value in the state of a sleeping shim. */
    final int code;

    State(int code) {
      this.code = code;
    }

    static State of(int code) {
      return code == 0 ? OPEN : code == 1 ? TOO_LARGE : TOO_FAST;
    }
  }

  private final long maxSize;
  private final long maxBytesPerSecond;
  private final int maxFiles;
  private final long burst;

  // Bytes of the file, with those that wait in the batch.
  private long size;
  // Bytes that may be logged now. A line of the gate itself may make it negative.
  private long allowance;
  // In the clock of System.nanoTime, which on Linux an execve(2) does not change.
  private long refilledAt;
  private State state;
  // When the last read from the container was, in the same clock.
  private long now;
  // After a rotation that failed: when the next attempt may be. A shim that has slept tries at
  // once, because it has been idle for longer than the wait.
  private boolean rotationFailed;
  private long retryAt;
  // Bytes of output since the start of the container, and those of the gap that is open.
  private long leftOut;
  private long leftOutHere;

  private LogGate(SavedGate saved) {
    maxSize = saved.maxSize();
    maxBytesPerSecond = saved.maxBytesPerSecond();
    maxFiles = saved.maxFiles();
    burst = Math.max(maxBytesPerSecond, LEAST_BURST);
    size = saved.size();
    allowance = saved.allowance();
    refilledAt = saved.refilledAt();
    state = saved.state();
    leftOut = saved.leftOut();
    leftOutHere = saved.leftOutHere();
  }

  /** The gate of a log that begins. */
  static LogGate of(LogLimits limits, long now) {
    return new LogGate(
        new SavedGate(
            limits.getMaxSize(),
            limits.getMaxBytesPerSecond(),
            Math.min(limits.getMaxFiles(), MAX_FILES),
            0,
            Math.max(limits.getMaxBytesPerSecond(), LEAST_BURST),
            now,
            State.OPEN,
            0,
            0));
  }

  /** Goes on with the gate of a shim that has slept. */
  static LogGate restore(SavedGate saved) {
    return new LogGate(saved);
  }

  SavedGate save() {
    return new SavedGate(
        maxSize,
        maxBytesPerSecond,
        maxFiles,
        size,
        allowance,
        refilledAt,
        state,
        leftOut,
        leftOutHere);
  }

  /** The log continues in a file that has so many bytes. */
  void file(long bytes) {
    size = bytes;
    rotationFailed = false;
  }

  /** The file has so many bytes, and none wait in the batch. */
  void measured(long bytes) {
    size = bytes;
  }

  /** Lets the allowance grow by the time that has passed. */
  void refill(long time) {
    now = time;
    if (maxBytesPerSecond == 0) {
      return;
    }
    // After one second for the rate, and longer for a rate below the least burst, nothing is
    // gained.
    long most = burst / maxBytesPerSecond + 1;
    long passed = Math.min(Math.max(now - refilledAt, 0), most * NANOS_PER_SECOND);
    long gained = (long) (passed * (maxBytesPerSecond / (double) NANOS_PER_SECOND));
    if (gained > 0) {
      allowance = Math.min(burst, allowance + gained);
      refilledAt = now;
    }
  }

  /** Whether the file has no room for the record. If so, rotation would make room. */
  boolean isTooLarge(int recordLength) {
    long needed =
        switch (state) {
          case OPEN -> recordLength;
          case TOO_FAST -> NOTE_SIZE + recordLength;
          case TOO_LARGE -> LEAST_ROOM;
        };
    return maxSize != 0 && size + needed > maxSize - RESERVE;
  }

  /** Returns what becomes of a record with this many bytes: OPEN if the log takes the record. */
  State judge(int recordLength) {
    if (isTooLarge(recordLength)) {
      return State.TOO_LARGE;
    }
    if (maxBytesPerSecond == 0) {
      return State.OPEN;
    }
    long needed = state == State.TOO_FAST ? burst / 2 : recordLength;
    return allowance >= needed ? State.OPEN : State.TOO_FAST;
  }

  State state() {
    return state;
  }

  void begin(State gap) {
    state = gap;
    leftOutHere = 0;
  }

  void leaveOut(int bytes) {
    leftOut += bytes;
    leftOutHere += bytes;
  }

  void take(int recordLength) {
    size += recordLength;
    if (maxBytesPerSecond != 0) {
      allowance -= recordLength;
    }
  }

  /** So many bytes of what was taken are not in the file, because the file did not take them. */
  void giveBack(int bytes) {
    size = Math.max(0, size - bytes);
  }

  /** Whether the log rotates itself, and an attempt that failed is not too recent. */
  boolean mayRotate() {
    return maxFiles > 0 && (!rotationFailed || now - retryAt >= 0);
  }

  /**
   * The log could not be rotated; the next attempt may be in a second.
   *
   * @return whether this is the first failure since the log has continued in a new file
   */
  boolean rotationFailed() {
    boolean first = !rotationFailed;
    rotationFailed = true;
    retryAt = now + RETRY_NANOS;
    return first;
  }

  int maxFiles() {
    return maxFiles;
  }

  long leftOut() {
    return leftOut;
  }

  /** The line at the beginning of a gap. */
  String beginning() {
    return "jukung: output is left out from here on: "
        + switch (state) {
          case TOO_LARGE -> "the log has reached its limit of " + maxSize + " bytes";
          case TOO_FAST -> "it is more than " + maxBytesPerSecond + " bytes a second";
          case OPEN -> "";
        };
  }

  /** The line at the end of a gap. */
  String end() {
    return "jukung: " + leftOutHere + " bytes of output are left out before this line";
  }
}
