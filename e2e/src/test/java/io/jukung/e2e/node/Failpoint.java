package io.jukung.e2e.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the daemon or a shim die before the n-th of its system calls that change something ({@code
 * io.jukung.linux.process.Failpoint}).
 */
public final class Failpoint {
  private final Path file;

  /** A failpoint that is controlled through files in this directory. */
  public Failpoint(Path directory) {
    this.file = directory.resolve("failpoint");
  }

  /** The JVM option that connects a process with this failpoint. */
  public String javaOptions() {
    return "-Djukung.failpoint=" + file;
  }

  /**
   * Makes the process count its changes from the next one on, and die before the n-th.
   *
   * @param n 0 to count without dying
   */
  public void arm(long n) throws IOException {
    Files.deleteIfExists(struck());
    write(n);
  }

  /** Keeps the process alive from now on. It may still die at this moment: {@link #hasStruck}. */
  public void disarm() throws IOException {
    write(0);
  }

  private void write(long n) throws IOException {
    Path draft = file.resolveSibling("failpoint.draft");
    Files.writeString(draft, Long.toString(n));
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether the process has read the file of the last {@link #arm}. */
  public boolean isTaken() {
    return !Files.exists(file);
  }

  /** Whether a process has died because of the last {@link #arm}. */
  public boolean hasStruck() {
    return Files.exists(struck());
  }

  private Path struck() {
    return file.resolveSibling("failpoint.struck");
  }

  /** The number of changes that the process made between the last two calls of {@link #arm}. */
  public long counted() throws IOException {
    return Long.parseLong(Files.readString(file.resolveSibling("failpoint.count")).strip());
  }

  private static boolean isExhaustive() {
    return System.getProperty("e2e.kill-points", "").equals("all");
  }

  /** The distance between tried points; 1 if {@code e2e.kill-points=all} asks for every point. */
  public static int stride(int usual) {
    return isExhaustive() ? 1 : usual;
  }

  /**
   * At most {@code most} numbers from 1 to {@code total}, evenly spread. The system property {@code
   * e2e.kill-points=all} asks for all numbers, {@code e2e.kill-offset} shifts the choice.
   */
  public static List<Long> points(long total, int most) {
    List<Long> points = new ArrayList<>();
    long step = isExhaustive() ? 1 : Math.ceilDiv(total, most);
    for (long n = 1 + Long.getLong("e2e.kill-offset", 0) % step; n <= total; n += step) {
      points.add(n);
    }
    return points;
  }
}
