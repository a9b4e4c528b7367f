package io.jukung.e2e.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the daemon or a shim die before the n-th of its system calls that change something, or
 * makes the n-th call fail ({@code io.jukung.linux.process.Failpoint}).
 */
final class Failpoint {
  private static final int ENOSPC = 28;

  /**
   * The points of a run that does not try all: another choice each day, so that all are tried in
   * time. {@code e2e.kill-offset} repeats the choice of a day.
   */
  @SuppressWarnings("TimeInStaticInitializer") // one seed for the whole run
  private static final long OFFSET =
      Long.getLong("e2e.kill-offset", LocalDate.now(ZoneOffset.UTC).toEpochDay());

  /** How a step goes wrong. */
  enum Fault {
    /** The process gets SIGKILL before it makes the system call. */
    KILL(""),
    /** The call is not made, and returns the error of a full disk. */
    NO_SPACE(" " + ENOSPC);

    private final String order;

    Fault(String order) {
      this.order = order;
    }
  }

  private final Path file;

  /** A failpoint that is controlled through files in this directory. */
  Failpoint(Path directory) {
    this.file = directory.resolve("failpoint");
  }

  /** The JVM option that connects a process with this failpoint. */
  String javaOptions() {
    return "-Djukung.failpoint=" + file;
  }

  /**
   * Makes the process count its steps from the next one on, and go wrong at the n-th.
   *
   * @param n 0 to count only
   */
  void arm(long n, Fault fault) throws IOException {
    Files.deleteIfExists(struck());
    write(n + fault.order);
  }

  /** Lets all go well from now on. It may still strike at this moment: {@link #hasStruck}. */
  void disarm() throws IOException {
    write("0");
  }

  private void write(String order) throws IOException {
    Path draft = file.resolveSibling("failpoint.draft");
    Files.writeString(draft, order);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether the process has read the file of the last {@link #arm}. */
  boolean isTaken() {
    return !Files.exists(file);
  }

  /** Whether a step has gone wrong because of the last {@link #arm}. */
  boolean hasStruck() {
    return Files.exists(struck());
  }

  /** The name of the system call that went wrong; empty if none did. */
  String struckCall() throws IOException {
    return hasStruck() ? Files.readString(struck()) : "";
  }

  private Path struck() {
    return file.resolveSibling("failpoint.struck");
  }

  /** The number of steps that the process made between the last two calls of {@link #arm}. */
  long counted() throws IOException {
    return Long.parseLong(Files.readString(file.resolveSibling("failpoint.count")).strip());
  }

  private static boolean isExhaustive() {
    return System.getProperty("e2e.kill-points", "").equals("all");
  }

  /**
   * At most {@code most} numbers from 1 to {@code total}, evenly spread. The system property {@code
   * e2e.kill-points=all} asks for all numbers.
   */
  static List<Long> points(long total, int most) {
    List<Long> points = new ArrayList<>();
    long step = stride(Math.ceilDiv(total, most));
    for (long n = first(step); n <= total; n += step) {
      points.add(n);
    }
    return points;
  }

  /** The distance between points, where their number is not known before. */
  static long stride(long usual) {
    return isExhaustive() ? 1 : usual;
  }

  /** The first point of this run for points with this distance. */
  static long first(long stride) {
    return 1 + OFFSET % stride;
  }

  /** How to try the same points again, for the message of a failure. */
  static String howToRepeat() {
    return isExhaustive() ? "-De2e.kill-points=all" : "-De2e.kill-offset=" + OFFSET;
  }
}
