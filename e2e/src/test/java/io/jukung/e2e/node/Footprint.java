package io.jukung.e2e.node;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** What the daemon takes of its node at a moment. */
public record Footprint(long threads, long descriptors, long residentKib) {
  /** Threads that may have been added: timers and pools that fill up as they are used. */
  private static final int MORE_THREADS = 8;

  private static final int MORE_DESCRIPTORS = 4;

  public static Footprint of(Testbed testbed) throws Exception {
    String proc = "/proc/" + testbed.daemon().pid();
    long[] counts =
        testbed
            .node()
            // Without the carriers of virtual threads, whose number is the daemon's setting.
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

  /** KiB of the heap that are still used after a collection; 0 where the runtime is no JVM. */
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

  /** Waits until threads and descriptors are what they were. */
  public static void awaitBackAt(Footprint before, Testbed testbed) throws Exception {
    Await.until(
        "threads and descriptors as before",
        () -> {
          Footprint now = of(testbed);
          return now.threads <= before.threads + MORE_THREADS
              && now.descriptors <= before.descriptors + MORE_DESCRIPTORS;
        });
  }
}
