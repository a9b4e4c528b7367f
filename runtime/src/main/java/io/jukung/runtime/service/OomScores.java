package io.jukung.runtime.service;

import static io.jukung.linux.Errno.EACCES;
import static io.jukung.linux.Errno.ENOENT;
import static io.jukung.linux.Errno.ESRCH;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.io.HostFile;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** oom_score_adj (proc_pid_oom_score_adj(5)) of the processes that a cgroup has. */
final class OomScores {
  private static final Logger LOG = LoggerFactory.getLogger(OomScores.class);
  private static final int MAX_TEXT = 16;

  private OomScores() {}

  /** Sets it, restoring what was there where the caller does not commit. */
  static void change(Cgroup cgroup, long adjustment, Rollback rollback) throws IOException {
    for (int pid : cgroup.allProcesses()) {
      String file = "/proc/" + pid + "/oom_score_adj";
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
