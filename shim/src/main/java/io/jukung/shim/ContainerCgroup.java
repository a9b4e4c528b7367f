package io.jukung.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;

/** What the shim does with a container's cgroup (cgroup v2) when the container ends. */
final class ContainerCgroup {
  /** memory.events has six short lines. */
  private static final int EVENTS_LIMIT = 1024;

  /** A number has up to 20 digits. */
  private static final int NUMBER_LIMIT = 64;

  private static final String OOM_KILL = "oom_kill ";

  private ContainerCgroup() {}

  /**
   * Whether the kernel killed a process of the container because memory ran out. A failure to learn
   * that is logged.
   *
   * @param directory empty if the container ran in the shim's own cgroup
   */
  static boolean wasOomKilled(String directory, Object container) {
    try {
      return !directory.isEmpty() && oomKilled(directory);
    } catch (IOException e) {
      ErrorLog.unexpected("OOM kills of " + container, e);
      return false;
    }
  }

  /**
   * Reads a control file with one number.
   *
   * @return 0 if there is no such file, or if it says "max"
   */
  static long number(String directory, String file) {
    try {
      String text = HostFile.read(directory + "/" + file, NUMBER_LIMIT).strip();
      return text.equals("max") ? 0 : Long.parseLong(text);
    } catch (IOException | NumberFormatException e) {
      return 0; // an older kernel: the number is for people alone
    }
  }

  /** Kills what is left of the container. A failure is logged. */
  static void killRest(String directory, Object container) {
    try {
      if (!directory.isEmpty()) {
        kill(directory);
      }
    } catch (IOException e) {
      ErrorLog.unexpected("kill in the cgroup of " + container, e);
    }
  }

  /** Whether the kernel killed a process of the cgroup because memory ran out. */
  static boolean oomKilled(String directory) throws IOException {
    String events;
    try {
      events = HostFile.read(directory + "/memory.events", EVENTS_LIMIT);
    } catch (ErrnoException e) {
      if (isGone(e)) {
        return false; // no memory controller here
      }
      throw e;
    }
    int at = events.startsWith(OOM_KILL) ? 0 : events.indexOf("\n" + OOM_KILL) + 1;
    int value = at + OOM_KILL.length();
    boolean found = events.startsWith(OOM_KILL, at);
    return found && value < events.length() && events.charAt(value) != '0';
  }

  /** Kills every process in the cgroup and in the cgroups inside it. */
  static void kill(String directory) throws IOException {
    try {
      HostFile.write(directory + "/cgroup.kill", "1");
    } catch (ErrnoException e) {
      if (!isGone(e)) {
        throw e;
      }
      // The cgroup has been removed, so it has no process.
    }
  }

  private static boolean isGone(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ENODEV);
  }
}
