package io.jukung.runtime.container;

import static io.jukung.linux.Errno.EACCES;
import static io.jukung.linux.Errno.ENOENT;
import static io.jukung.linux.Errno.ESRCH;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.HostFile;
import io.jukung.runtime.call.Rollback;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes oom_score_adj (proc_pid_oom_score_adj(5)) of all processes in a cgroup. */
public final class OomScores {
  private static final Logger LOG = LoggerFactory.getLogger(OomScores.class);
  private static final int MAX_TEXT = 16;

  /** The bound for a container that forks without end. */
  private static final int MAX_ROUNDS = 10;

  private OomScores() {}

  /**
   * Sets the value of every process. A process that is forked meanwhile may inherit its parent's
   * old value, so this repeats until there is no new process.
   *
   * @param rollback restores the old values unless the caller commits
   */
  public static void change(Cgroup cgroup, long adjustment, Rollback rollback) throws IOException {
    Set<Integer> changed = new HashSet<>();
    boolean found = true;
    for (int round = 0; found && round < MAX_ROUNDS; round++) {
      found = false;
      for (int pid : cgroup.allProcesses()) {
        if (changed.add(pid)) {
          found = true;
          change("/proc/" + pid + "/oom_score_adj", adjustment, rollback);
        }
      }
    }
  }

  private static void change(String file, long adjustment, Rollback rollback) throws IOException {
    try {
      String before = HostFile.read(file, MAX_TEXT).strip();
      rollback.undo("restore " + file, () -> write(file, before));
      write(file, Long.toString(adjustment));
    } catch (ErrnoException e) {
      if (!e.is(ENOENT) && !e.is(ESRCH)) { // the process has ended
        throw e;
      }
    }
  }

  private static void write(String file, String value) throws IOException {
    try {
      HostFile.write(file, value);
    } catch (ErrnoException e) {
      if (!e.is(EACCES)) {
        throw e;
      }
      // As at the start of a container: a lower value needs CAP_SYS_RESOURCE, which may be missing.
      LOG.warn("oom_score_adj {} is not set: {}", value, e.getMessage());
    }
  }
}
