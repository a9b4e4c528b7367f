package io.jukung.runtime.metrics;

import io.jukung.runtime.metrics.Family.Description;
import io.jukung.runtime.metrics.Family.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the daemon's own process uses. The names are those that clients of Prometheus use in all
 * languages, so that existing dashboards show them.
 */
public final class ProcessMetrics {
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
  private static final Pattern THREADS = Pattern.compile("(?m)^Threads:\\s+(\\d+)$");
  private static final Pattern MAX_FILES = Pattern.compile("(?m)^Max open files\\s+(\\d+)\\s");

  private final Path process;

  /**
   * @param process a directory of proc(5)
   */
  ProcessMetrics(Path process) {
    this.process = process;
  }

  /** The families about this process. */
  public static List<Family> families() {
    return new ProcessMetrics(Path.of("/proc/self")).ofProcess();
  }

  List<Family> ofProcess() {
    Runtime java = Runtime.getRuntime();
    return List.of(
        Reading.counter(
            "process_cpu_seconds_total",
            "Processor time of the daemon, in user and kernel mode",
            () -> seconds(ownHandle().totalCpuDuration().orElse(Duration.ZERO))),
        Reading.gauge(
            "process_start_time_seconds",
            "When the daemon started, in seconds since 1970",
            () -> ownHandle().startInstant().orElse(Instant.EPOCH).toEpochMilli() / 1e3),
        Reading.gauge(
            "process_open_fds", "Open file descriptors of the daemon", this::openDescriptors),
        Reading.gauge(
            "process_max_fds",
            "How many file descriptors the daemon may open",
            () -> find("limits", MAX_FILES)),
        Reading.gauge(
            "process_resident_memory_bytes",
            "Memory of the daemon, without that of shims",
            () -> find("status", RESIDENT) * 1024),
        Reading.gauge("process_threads", "Threads of the kernel", () -> find("status", THREADS)),
        Reading.gauge(
            "jvm_memory_used_bytes",
            "The used part of the Java heap, garbage included",
            () -> java.totalMemory() - java.freeMemory()),
        Reading.gauge("jvm_memory_committed_bytes", "The size of the Java heap", java::totalMemory),
        Reading.gauge("jvm_memory_max_bytes", "How large the Java heap may be", java::maxMemory),
        new Reading(
            new Description(
                "jvm_gc_collection_seconds",
                Kind.SUMMARY,
                List.of("gc"),
                "Garbage collections, and how long they took together"),
            ProcessMetrics::collections));
  }

  private static ProcessHandle.Info ownHandle() {
    return ProcessHandle.current().info();
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private double openDescriptors() {
    int count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path _ : all) {
        count++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return count - 1; // the directory itself is open meanwhile
  }

  private double find(String file, Pattern number) {
    try {
      Matcher found = number.matcher(Files.readString(process.resolve(file)));
      // "unlimited" is no number.
      return found.find() ? Double.parseDouble(found.group(1)) : Double.POSITIVE_INFINITY;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void collections(SeriesWriter to) {
    for (GarbageCollectorMXBean each : ManagementFactory.getGarbageCollectorMXBeans()) {
      Labels gc = Labels.of("gc", each.getName());
      to.number("_count", gc, (double) each.getCollectionCount());
      to.number("_sum", gc, each.getCollectionTime() / 1e3);
    }
  }
}
