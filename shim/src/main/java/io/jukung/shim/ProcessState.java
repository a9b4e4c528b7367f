package io.jukung.shim;

import io.jukung.linux.fs.HostFile;
import io.jukung.linux.process.Children;
import io.jukung.linux.process.CurrentProcess;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What this process has besides its memory: descriptors, threads, namespaces, its cgroup. Shows
 * that a pod has left nothing.
 */
final class ProcessState {
  private static final String DESCRIPTORS = "/proc/self/fd";
  private static final String SOCKET = "socket:";
  private static final String THREADS = "/proc/self/task";

  /** /proc/self/cgroup has a line for each of a dozen hierarchies at most. */
  private static final int CGROUP_LIMIT = 8 * 1024;

  private static final List<String> NAMESPACES =
      List.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

  /**
   * How long the thread of the last launch may take to end: it has only to return. Longer means
   * that the thread hangs.
   */
  private static final int THREAD_END_ATTEMPTS = 50;

  private final Set<String> descriptors;
  private final int threads;
  private final String cgroup;
  private final List<String> namespaces;

  private ProcessState(
      Set<String> descriptors, int threads, String cgroup, List<String> namespaces) {
    this.descriptors = descriptors;
    this.threads = threads;
    this.cgroup = cgroup;
    this.namespaces = namespaces;
  }

  static ProcessState now() throws IOException {
    return new ProcessState(descriptors(), names(THREADS).length, cgroup(), namespaces());
  }

  /**
   * Checks that the process has no child, and nothing that this state has not.
   *
   * @throws IOException if it has, naming what is left
   */
  void requireNothingMore() throws IOException {
    if (!Children.isChildless()) {
      throw new IOException("a process of the pod is left");
    }
    if (CurrentProcess.isDumpable()) {
      throw new IOException("the shim has become dumpable");
    }
    if (!cgroup.equals(cgroup())) {
      throw new IOException("the cgroup of the shim has changed to " + cgroup());
    }
    if (!namespaces.equals(namespaces())) {
      throw new IOException("the namespaces of the shim have changed to " + namespaces());
    }
    requireThreadsEnded();
    requireDescriptorsClosed();
  }

  /** The connection to the daemon may be a new one, with another number. */
  private void requireDescriptorsClosed() throws IOException {
    Set<String> open = descriptors();
    int known = 0;
    int sockets = 0;
    for (String number : open) {
      if (descriptors.contains(number)) {
        known++;
        continue;
      }
      String target = HostFile.readLink(link(number));
      if (target.startsWith(SOCKET)) {
        sockets++;
      } else if (!isOfThisProgram(target)) {
        throw new IOException("descriptor " + number + " is left: " + target);
      }
    }
    if (known + sockets > descriptors.size()) {
      throw new IOException(known + sockets - descriptors.size() + " sockets are left");
    }
  }

  private void requireThreadsEnded() throws IOException {
    for (int attempt = 1; names(THREADS).length > threads; attempt++) {
      if (attempt == THREAD_END_ATTEMPTS) {
        throw new IOException(
            names(THREADS).length + " threads instead of " + threads + ": a launch has not ended");
      }
      EventLoop.pause();
    }
  }

  /** Java opens its jar file when it first needs a class that is not in its start-up cache. */
  private static boolean isOfThisProgram(String target) throws IOException {
    String home = new File(System.getProperty("java.home", "/")).getCanonicalPath();
    if (target.startsWith(home + "/")) {
      return true;
    }
    for (String each : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
      if (!each.isEmpty() && target.equals(new File(each).getCanonicalPath())) {
        return true;
      }
    }
    return false;
  }

  /** The numbers of the open descriptors, without the one that lists them. */
  private static Set<String> descriptors() throws IOException {
    Set<String> open = new HashSet<>(Arrays.asList(names(DESCRIPTORS)));
    open.removeIf(number -> !new File(link(number)).exists());
    return open;
  }

  private static String link(String descriptor) {
    return DESCRIPTORS + "/" + descriptor;
  }

  private static String cgroup() throws IOException {
    return HostFile.read("/proc/self/cgroup", CGROUP_LIMIT);
  }

  private static List<String> namespaces() throws IOException {
    String[] links = new String[NAMESPACES.size()];
    for (int i = 0; i < links.length; i++) {
      links[i] = HostFile.readLink("/proc/self/ns/" + NAMESPACES.get(i));
    }
    return Arrays.asList(links);
  }

  private static String[] names(String directory) throws IOException {
    String[] names = new File(directory).list();
    if (names == null) {
      throw new IOException(directory + " cannot be listed");
    }
    return names;
  }
}
