package io.jukung.e2e.node;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** The threads, descriptors and resident memory of the daemon at one moment. */
public record Footprint(long threads, long descriptors, long residentKib) {
  /** Threads that may be added without being leaks: timers, and pools that fill up in use. */
  private static final int MORE_THREADS = 8;

  private static final int MORE_DESCRIPTORS = 4;

  public static Footprint of(Testbed testbed) throws Exception {
    String proc = "/proc/" + testbed.daemon().pid();
    long[] counts =
        testbed
            .node()
            // Not counted are the carriers of virtual threads, whose number is a setting.
            .run(
                "sh",
                "-c",
                ("cat %s/task/*/comm | grep -vc ForkJoinPool; ls %s/fd | wc -l;"
                        + " sed -n 's/^VmRSS:\\s*\\([0-9]*\\).*/\\1/p' %s/status")
                    .formatted(proc, proc, proc))
            .orThrow()
            .lines()
            .mapToLong(line -> Long.parseLong(line.strip()))
            .toArray();
    return new Footprint(counts[0], counts[1], counts[2]);
  }

  /** The KiB of heap that are in use after a collection; 0 if another runtime is under test. */
  public static long collectedHeapKib(Testbed testbed) throws Exception {
    if (Daemon.isForeign()) {
      return 0;
    }
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    String pid = Long.toString(testbed.daemon().pid());
    testbed.node().run(jcmd, pid, "GC.run").orThrow();
    return Pattern.compile("used (\\d+)K")
        .matcher(testbed.node().run(jcmd, pid, "GC.heap_info").orThrow())
        .results()
        .mapToLong(used -> Long.parseLong(used.group(1)))
        .sum();
  }

  /** Waits until the daemon has no more threads and descriptors than before. */
  public static void awaitBackAt(Footprint before, Testbed testbed) throws Exception {
    try {
      Await.until("threads and descriptors as before", () -> of(testbed).isAtMost(before));
    } catch (AssertionError e) {
      throw new AssertionError("before: " + before + ", now: " + of(testbed), e);
    }
  }

  private boolean isAtMost(Footprint before) {
    return threads <= before.threads + MORE_THREADS
        && descriptors <= before.descriptors + MORE_DESCRIPTORS;
  }
}
