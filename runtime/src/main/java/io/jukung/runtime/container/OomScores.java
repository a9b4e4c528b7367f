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

/** oom_score_adj (proc_pid_oom_score_adj(5)) of the processes that a cgroup has. */
public final class OomScores {
  private static final Logger LOG = LoggerFactory.getLogger(OomScores.class);
  private static final int MAX_TEXT = 16;

  /** A container that forks without end gets no more attention than this. */
  private static final int MAX_ROUNDS = 10;

  private OomScores() {}

  /**
   * Sets it, restoring what was there where the caller does not commit. A process that is forked
   * meanwhile may have its parent's old value, so it looks until there is no new one.
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
      if (!e.is(ENOENT) && !e.is(ESRCH)) { // it has ended
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
      // As at the start: lowering it takes CAP_SYS_RESOURCE, which the host may lack.
      LOG.warn("oom_score_adj {} is not set: {}", value, e.getMessage());
    }
  }
}
