package io.jukung.runtime.container;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.ProcessOrigin;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The processes of a command that a runtime of the OCI has started in the cgroup of the container,
 * because the runtime cannot be told another one (runc before 1.1 has no {@code exec --cgroup}).
 * They are moved into the command's own cgroup, by which the daemon kills a command and knows that
 * it is gone. A process that is born after its parent was moved is in that cgroup already.
 *
 * <p>They are known by their parents and by their session, which a runtime begins for each command.
 * A process that has left both before it was looked for, within the first milliseconds of the
 * command, stays in the container's cgroup and ends with the container.
 */
final class ExecMembers {
  /**
   * Each pass finds what was born during the one before. Only a command that forks without end
   * needs many passes.
   */
  private static final int MAX_PASSES = 100;

  private final Cgroup container;
  private final Cgroup own;
  private final int leader;
  private final Set<Integer> members = new HashSet<>();

  private ExecMembers(Cgroup container, Cgroup own, int leader) {
    this.container = container;
    this.own = own;
    this.leader = leader;
    members.add(leader);
  }

  /**
   * Moves the processes of a command, unless the runtime has put the first one where it belongs.
   *
   * @param own the cgroup of the command, below that of the container
   * @param leader the command's first process, a child of the shim
   * @throws IOException if processes are not where they belong after many passes
   */
  static void gather(Cgroup container, Cgroup own, int leader) throws IOException {
    if (own.allProcesses().contains(leader)) {
      return;
    }
    ExecMembers members = new ExecMembers(container, own, leader);
    for (int pass = 0; pass < MAX_PASSES; pass++) {
      if (members.moveStrays() == 0) {
        return;
      }
    }
    throw new IOException("the processes of " + own + " increase faster than they can be moved");
  }

  /** Returns how many processes were outside and were moved. */
  private int moveStrays() throws IOException {
    int moved = 0;
    List<Integer> settled = own.allProcesses();
    members.addAll(settled);
    for (int pid : container.allProcesses()) {
      if (!settled.contains(pid) && isMember(pid) && move(pid)) {
        members.add(pid);
        moved++;
      }
    }
    return moved;
  }

  private boolean isMember(int pid) throws IOException {
    if (members.contains(pid)) {
      return true;
    }
    Optional<ProcessOrigin> origin = ProcessOrigin.of(pid);
    return origin
        .filter(each -> each.session() == leader || members.contains(each.parent()))
        .isPresent();
  }

  /** Returns false if the process has ended. */
  private boolean move(int pid) throws IOException {
    try {
      own.attach(pid);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }
}
