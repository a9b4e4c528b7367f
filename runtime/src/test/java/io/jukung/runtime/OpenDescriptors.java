package io.jukung.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The descriptors of this process, for tests that nothing leaks any. What they refer to is compared
 * and not their number: what an earlier test left to the garbage collector may be closed meanwhile.
 */
public final class OpenDescriptors {
  private OpenDescriptors() {}

  /**
   * What each open descriptor refers to, as {@code /proc/self/fd} shows it, without the jar files
   * that the JVM opens when it looks for a class.
   *
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html">proc_pid_fd(5)</a>
   */
  public static List<String> targets() throws IOException {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      for (Path entry : entries.toList()) {
        try {
          targets.add(Files.readSymbolicLink(entry).toString());
        } catch (NoSuchFileException e) {
          // Closed since it was listed, by another thread.
        }
      }
    }
    // The last is the directory that is being read.
    targets.removeIf(target -> target.endsWith(".jar") || target.matches("/proc/[0-9]+/fd"));
    return targets;
  }

  /** What is open now and was not among {@code before}, an answer of {@link #targets}. */
  public static List<String> openedSince(List<String> before) throws IOException {
    List<String> opened = targets();
    before.forEach(opened::remove);
    return opened;
  }
}
