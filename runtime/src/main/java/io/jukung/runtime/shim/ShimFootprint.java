package io.jukung.runtime.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.HostFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the process of a shim has, as the kernel shows it in /proc: nothing of it is asked of the
 * shim.
 *
 * @param program the executable file
 * @param descriptors what each open descriptor names, by number
 * @param namespaces the namespaces of the process, and those of its threads that differ
 * @param cgroup the content of /proc/PID/cgroup
 * @param threads how many threads it has
 * @param children the process ids of its children; empty also where the kernel does not show them
 *     (CONFIG_PROC_CHILDREN), and then only the shim itself looks for them
 * @param anonymousKib the memory that it shares with no file
 */
record ShimFootprint(
    String program,
    Map<String, String> descriptors,
    List<String> namespaces,
    String cgroup,
    int threads,
    String children,
    long anonymousKib) {
  private static final List<String> NAMESPACES =
      List.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

  /** Each thread may be in namespaces of its own; a launch thread is. */
  private static final List<String> NAMESPACES_OF_THREADS = List.of("mnt", "net");

  /** The listening socket and the connection to the daemon. */
  private static final int SOCKETS = 2;

  private static final String SOCKET = "socket:";
  private static final String STDOUT = "1";
  private static final String STDERR = "2";
  private static final int FILE_LIMIT = 16 * 1024;

  /**
   * How much the memory of a shim may grow with its pods. Its heap, of 16 MiB at most, grows where
   * launches have large programs. A shim that has grown by more is not worth keeping.
   */
  private static final long MOST_GROWTH_KIB = 8 * 1024;

  private static final String ANONYMOUS = "RssAnon:";

  static ShimFootprint of(int pid) throws IOException {
    String process = "/proc/" + pid;
    List<String> namespaces = new ArrayList<>();
    for (String each : NAMESPACES) {
      namespaces.add(HostFile.readLink(process + "/ns/" + each));
    }
    StringBuilder children = new StringBuilder();
    String[] threads = names(process + "/task");
    for (String thread : threads) {
      lookAt(process + "/task/" + thread, namespaces, children);
    }
    return new ShimFootprint(
        HostFile.readLink(process + "/exe"),
        descriptors(process),
        namespaces,
        HostFile.read(process + "/cgroup", FILE_LIMIT),
        threads.length,
        children.toString(),
        anonymousKib(HostFile.read(process + "/status", FILE_LIMIT)));
  }

  private static Map<String, String> descriptors(String process) throws IOException {
    Map<String, String> descriptors = new TreeMap<>();
    for (String number : names(process + "/fd")) {
      try {
        descriptors.put(number, HostFile.readLink(process + "/fd/" + number));
      } catch (ErrnoException e) {
        requireGone(e); // it was closed meanwhile
      }
    }
    return descriptors;
  }

  private static void lookAt(String thread, List<String> namespaces, StringBuilder children)
      throws IOException {
    try {
      for (String each : NAMESPACES_OF_THREADS) {
        String link = HostFile.readLink(thread + "/ns/" + each);
        if (!namespaces.contains(link)) {
          namespaces.add(link);
        }
      }
    } catch (ErrnoException e) {
      requireGone(e); // the thread has ended meanwhile
      return;
    }
    try {
      children.append(HostFile.read(thread + "/children", FILE_LIMIT));
    } catch (ErrnoException e) {
      requireGone(e); // the thread has ended, or the kernel has no such file
    }
  }

  private static void requireGone(ErrnoException e) throws ErrnoException {
    if (!e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) {
      throw e;
    }
  }

  private static String[] names(String directory) throws IOException {
    String[] names = new File(directory).list();
    if (names == null) {
      throw new IOException(directory + " cannot be listed");
    }
    return names;
  }

  private static long anonymousKib(String status) throws IOException {
    int at = status.indexOf(ANONYMOUS);
    if (at < 0) {
      throw new IOException("no " + ANONYMOUS + " in the status of a process");
    }
    String rest = status.substring(at + ANONYMOUS.length()).strip();
    return Long.parseLong(rest.substring(0, rest.indexOf(' ')));
  }

  /**
   * Checks that a shim that was recycled has only what it had before its first pod.
   *
   * @throws IOException if it has more, naming what
   */
  void requireNothingBeyond(ShimFootprint fresh, Path log) throws IOException {
    if (!children.isBlank()) {
      throw new IOException("it has children: " + children.strip());
    }
    if (!cgroup.equals(fresh.cgroup)) {
      throw new IOException("its cgroup is " + cgroup.strip() + ", not " + fresh.cgroup.strip());
    }
    if (!namespaces.equals(fresh.namespaces)) {
      throw new IOException("its namespaces are " + namespaces + ", not " + fresh.namespaces);
    }
    if (threads > fresh.threads) {
      throw new IOException("it has " + threads + " threads, not " + fresh.threads);
    }
    if (anonymousKib > fresh.anonymousKib + MOST_GROWTH_KIB) {
      throw new IOException(
          "its memory has grown from " + fresh.anonymousKib + " to " + anonymousKib + " KiB");
    }
    requireDescriptors(fresh, log);
  }

  private void requireDescriptors(ShimFootprint fresh, Path log) throws IOException {
    int sockets = 0;
    for (Map.Entry<String, String> each : descriptors.entrySet()) {
      String number = each.getKey();
      String target = each.getValue();
      boolean isOutput = number.equals(STDOUT) || number.equals(STDERR);
      if (target.startsWith(SOCKET)) {
        sockets++;
      } else if (!target.equals(isOutput ? log.toString() : fresh.descriptors.get(number))
          && !isOfProgram(target)) {
        throw new IOException("its descriptor " + number + " is " + target);
      }
    }
    if (sockets > SOCKETS) {
      throw new IOException("it has " + sockets + " sockets");
    }
  }

  /** Java opens files of the installation when it first needs them. */
  private boolean isOfProgram(String target) {
    Path runtime = Path.of(program).getParent();
    Path installation = runtime == null ? null : runtime.resolve("../..").normalize();
    return installation != null
        && installation.getNameCount() > 0
        && Path.of(target).startsWith(installation);
  }
}
