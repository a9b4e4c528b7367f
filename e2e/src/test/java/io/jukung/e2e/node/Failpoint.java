package io.jukung.e2e.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the daemon or a shim is to die: in front of the n-th of its system calls that change
 * something ({@code io.jukung.linux.process.Failpoint}).
 */
public final class Failpoint {
  private final Path file;

  /** One whose files are in a directory. */
  public Failpoint(Path directory) {
    this.file = directory.resolve("failpoint");
  }

  /** What the process to die is to have in its environment. */
  public String javaOptions() {
    return "-Djukung.failpoint=" + file;
  }

  /** Lets the process count from its next change on, and die of the n-th; never of 0. */
  public void arm(long n) throws IOException {
    Files.deleteIfExists(struck());
    write(n);
  }

  /** Lets no process die any more. One may do so at this very moment, see {@link #hasStruck}. */
  public void disarm() throws IOException {
    write(0);
  }

  private void write(long n) throws IOException {
    Path draft = file.resolveSibling("failpoint.draft");
    Files.writeString(draft, Long.toString(n));
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether the process has taken up the last {@link #arm}. */
  public boolean isTaken() {
    return !Files.exists(file);
  }

  /** Whether a process has died of the last {@link #arm}. */
  public boolean hasStruck() {
    return Files.exists(struck());
  }

  private Path struck() {
    return file.resolveSibling("failpoint.struck");
  }

  /** How many changes the process made between the last two times it was armed. */
  public long counted() throws IOException {
    return Long.parseLong(Files.readString(file.resolveSibling("failpoint.count")).strip());
  }

  private static boolean isExhaustive() {
    return System.getProperty("e2e.kill-points", "").equals("all");
  }

  /** From one point to the next where their number is not known: 1 where all are asked for. */
  public static int stride(int usual) {
    return isExhaustive() ? 1 : usual;
  }

  /**
   * The numbers from 1 to {@code total}, or {@code most} of them, evenly spread. The system
   * property {@code e2e.kill-points=all} asks for all, {@code e2e.kill-offset} shifts the choice.
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
