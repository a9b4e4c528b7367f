package io.jukung.linux.process;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.util.Optional;

/**
 * Where a process comes from, as proc_pid_stat(5) says.
 *
 * @param parent the pid of its parent; 0 if this namespace does not see the parent
 * @param session the pid of the process that began its session
 */
public record ProcessOrigin(int parent, int session) {
  /** The file is far shorter. */
  private static final int MAX_STAT_BYTES = 8 << 10;

  /** Reads the origin of a process; empty if there is no such process. */
  public static Optional<ProcessOrigin> of(int pid) throws IOException {
    try {
      return Optional.of(parse(HostFile.read("/proc/" + pid + "/stat", MAX_STAT_BYTES)));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Reads the text of the file.
   *
   * @param stat its second field, the name of the program, may have any characters
   */
  static ProcessOrigin parse(String stat) {
    // The first of these is field 3, the state.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
    return new ProcessOrigin(Integer.parseInt(fields[1]), Integer.parseInt(fields[3]));
  }
}
