package io.jukung.e2e.load;

import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the daemon and its pods use at one moment, as numbers. */
record Usage(Map<Kind, Long> amounts) {
  /** What is counted, and how much more of it is allowed after a load than before. */
  enum Kind {
    /** The part of the heap that is in use right after a garbage collection. */
    HEAP_KIB(4 << 10),
    /** The daemon's proportional set size (proc_pid_smaps(5)). Compilers and malloc take some. */
    PSS_KIB(24 << 10),
    THREADS(8),
    DESCRIPTORS(4),
    MOUNTS(0),
    CGROUPS(0),
    PROCESSES(0),
    /** In the daemon's root, state and network directories. */
    FILES(0);

    final long tolerance;

    Kind(long tolerance) {
      this.tolerance = tolerance;
    }
  }

  /** Takes a sample. Nothing should run in the node meanwhile. */
  static Usage of(Testbed testbed) throws Exception {
    Map<Kind, Long> amounts = new EnumMap<>(Kind.class);
    amounts.put(Kind.HEAP_KIB, Footprint.collectedHeapKib(testbed));
    Footprint footprint = Footprint.of(testbed);
    amounts.put(Kind.THREADS, footprint.threads());
    amounts.put(Kind.DESCRIPTORS, footprint.descriptors());
    amounts.put(Kind.PSS_KIB, pssKib(testbed, Long.toString(testbed.daemon().pid())));
    Path init = Path.of("/proc", Long.toString(testbed.node().initPid()));
    try (Stream<String> mounts = Files.lines(init.resolve("mountinfo"))) {
      amounts.put(Kind.MOUNTS, mounts.count());
    }
    amounts.put(Kind.CGROUPS, files(testbed.node().cgroup(), true));
    // By the shell alone: ls(1) fails if a process has ended since the shell listed it.
    String processes = testbed.node().run("sh", "-c", "printf '%s\\n' /proc/[0-9]*").orThrow();
    amounts.put(Kind.PROCESSES, processes.lines().count());
    Path directory = testbed.daemon().directory();
    long files = 0;
    for (String name : new String[] {"root", "state", "ipam", "cni-cache"}) {
      files += files(directory.resolve(name), false);
    }
    amounts.put(Kind.FILES, files);
    return new Usage(amounts);
  }

  /** The proportional set size of a process of the node. */
  static long pssKib(Testbed testbed, String pid) throws Exception {
    return memoryKib(testbed, pid, "smaps_rollup", "Pss");
  }

  /** The largest resident size that a process of the node has had since {@link #forgetPeak}. */
  static long peakKib(Testbed testbed, String pid) throws Exception {
    return memoryKib(testbed, pid, "status", "VmHWM");
  }

  static void forgetPeak(Testbed testbed, String pid) throws Exception {
    testbed.node().run("sh", "-c", "echo 5 >/proc/" + pid + "/clear_refs").orThrow();
  }

  private static long memoryKib(Testbed testbed, String pid, String file, String key)
      throws Exception {
    return Pattern.compile("(?m)^" + key + ":\\s+(\\d+) kB")
        .matcher(testbed.node().run("cat", "/proc/" + pid + "/" + file).orThrow())
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .findFirst()
        .orElseThrow();
  }

  private static long files(Path root, boolean directoriesOnly) throws IOException {
    if (!Files.exists(root)) {
      return 0;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      return tree.filter(path -> !directoriesOnly || Files.isDirectory(path)).count();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return files(root, directoriesOnly); // removed while it was listed
      }
      throw e;
    }
  }

  long get(Kind kind) {
    return amounts.getOrDefault(kind, 0L);
  }

  @Override
  public String toString() {
    return amounts.entrySet().stream()
        .map(
            entry ->
                entry.getKey().toString().toLowerCase(Locale.ROOT).replace('_', ' ')
                    + " "
                    + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
