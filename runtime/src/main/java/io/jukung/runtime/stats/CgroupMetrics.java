package io.jukung.runtime.stats;

import static io.jukung.runtime.stats.MetricFamily.BLKIO_DEVICE_USAGE_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_CFS_PERIODS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_CFS_THROTTLED_PERIODS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_CFS_THROTTLED_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_SYSTEM_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_USAGE_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.CPU_USER_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.FS_READS_BYTES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.FS_READS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.FS_WRITES_BYTES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.FS_WRITES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.HUGETLB_USAGE_BYTES;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_CACHE;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_FAILCNT;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_FAILURES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_KERNEL_USAGE;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_MAPPED_FILE;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_MAX_USAGE_BYTES;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_RSS;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_SWAP;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_USAGE_BYTES;
import static io.jukung.runtime.stats.MetricFamily.MEMORY_WORKING_SET_BYTES;
import static io.jukung.runtime.stats.MetricFamily.OOM_EVENTS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_CPU_STALLED_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_CPU_WAITING_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_IO_STALLED_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_IO_WAITING_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_MEMORY_STALLED_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PRESSURE_MEMORY_WAITING_SECONDS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.PROCESSES;
import static io.jukung.runtime.stats.MetricFamily.SPEC_MEMORY_RESERVATION_LIMIT_BYTES;
import static io.jukung.runtime.stats.MetricFamily.THREADS;
import static io.jukung.runtime.stats.MetricFamily.THREADS_MAX;

import io.jukung.linux.cgroup.ControlFiles;
import io.jukung.linux.cgroup.DeviceTraffic;
import io.jukung.linux.cgroup.Pressure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** The metrics that the kernel keeps for a cgroup. Those that it does not keep are left out. */
public final class CgroupMetrics {
  private static final Path BLOCK_DEVICES = Path.of("/sys/dev/block");

  /** The label of traffic if the cgroup has used no block device yet. */
  private static final String NO_DEVICE = "";

  private final ControlFiles cgroup;
  private final MetricSeries series;

  /**
   * Metrics of one cgroup.
   *
   * @param series receives the metrics
   */
  public CgroupMetrics(ControlFiles cgroup, MetricSeries series) {
    this.cgroup = cgroup;
    this.series = series;
  }

  /**
   * Adds all metrics to the series; none if the cgroup does not exist.
   *
   * @param processes the processes in the cgroup and in its descendants
   */
  public void add(List<Integer> processes) throws IOException {
    if (!cgroup.exists()) {
      return;
    }
    addCpu();
    addMemory();
    addPressure("cpu", PRESSURE_CPU_WAITING_SECONDS_TOTAL, PRESSURE_CPU_STALLED_SECONDS_TOTAL);
    addPressure("io", PRESSURE_IO_WAITING_SECONDS_TOTAL, PRESSURE_IO_STALLED_SECONDS_TOTAL);
    addPressure(
        "memory", PRESSURE_MEMORY_WAITING_SECONDS_TOTAL, PRESSURE_MEMORY_STALLED_SECONDS_TOTAL);
    addTraffic();
    addHugePages();
    addTasks(processes);
  }

  private void addCpu() throws IOException {
    Map<String, Long> stat = cgroup.counters("cpu.stat");
    addSeconds(CPU_USAGE_SECONDS_TOTAL, stat, "usage_usec", "total");
    addSeconds(CPU_USER_SECONDS_TOTAL, stat, "user_usec");
    addSeconds(CPU_SYSTEM_SECONDS_TOTAL, stat, "system_usec");
    addCount(CPU_CFS_PERIODS_TOTAL, stat, "nr_periods");
    addCount(CPU_CFS_THROTTLED_PERIODS_TOTAL, stat, "nr_throttled");
    addSeconds(CPU_CFS_THROTTLED_SECONDS_TOTAL, stat, "throttled_usec");
  }

  private void addMemory() throws IOException {
    Map<String, Long> stat = cgroup.counters("memory.stat");
    addCount(MEMORY_CACHE, stat, "file");
    addCount(MEMORY_RSS, stat, "anon");
    addCount(MEMORY_KERNEL_USAGE, stat, "kernel");
    addCount(MEMORY_MAPPED_FILE, stat, "file_mapped");
    for (String fault : new String[] {"pgfault", "pgmajfault"}) {
      // cgroup v2 counts only with all descendants: the two scopes have the same value.
      addCount(MEMORY_FAILURES_TOTAL, stat, fault, fault, "container");
      addCount(MEMORY_FAILURES_TOTAL, stat, fault, fault, "hierarchy");
    }
    OptionalLong usage = cgroup.number("memory.current");
    if (usage.isPresent()) {
      series.add(MEMORY_USAGE_BYTES, usage.getAsLong());
      series.add(MEMORY_WORKING_SET_BYTES, CgroupUsage.workingSet(usage.getAsLong(), stat));
    }
    addNumber(MEMORY_MAX_USAGE_BYTES, "memory.peak");
    addNumber(MEMORY_SWAP, "memory.swap.current");
    addNumber(SPEC_MEMORY_RESERVATION_LIMIT_BYTES, "memory.min");
    Map<String, Long> events = cgroup.counters("memory.events");
    addCount(MEMORY_FAILCNT, events, "max");
    addCount(OOM_EVENTS_TOTAL, events, "oom_kill");
  }

  private void addPressure(String resource, MetricFamily waiting, MetricFamily stalled)
      throws IOException {
    Pressure pressure = cgroup.find(resource + ".pressure").map(Pressure::parse).orElse(null);
    if (pressure != null) {
      series.add(waiting, TimeUnit.MICROSECONDS.toSeconds(pressure.some().totalMicros()));
      series.add(stalled, TimeUnit.MICROSECONDS.toSeconds(pressure.full().totalMicros()));
    }
  }

  private void addTraffic() throws IOException {
    Optional<String> stat = cgroup.find("io.stat");
    if (stat.isEmpty()) {
      return;
    }
    List<DeviceTraffic> devices = DeviceTraffic.parse(stat.get());
    if (devices.isEmpty()) {
      // A counter that begins to exist with its first bytes would hide those from a rate.
      for (MetricFamily family :
          List.of(FS_READS_BYTES_TOTAL, FS_READS_TOTAL, FS_WRITES_BYTES_TOTAL, FS_WRITES_TOTAL)) {
        series.add(family, 0, NO_DEVICE);
      }
    }
    for (DeviceTraffic each : devices) {
      String device = deviceName(each);
      series.add(FS_READS_BYTES_TOTAL, each.readBytes(), device);
      series.add(FS_READS_TOTAL, each.reads(), device);
      series.add(FS_WRITES_BYTES_TOTAL, each.writtenBytes(), device);
      series.add(FS_WRITES_TOTAL, each.writes(), device);
      String major = Integer.toString(each.major());
      String minor = Integer.toString(each.minor());
      series.add(BLKIO_DEVICE_USAGE_TOTAL, each.readBytes(), device, major, minor, "Read");
      series.add(BLKIO_DEVICE_USAGE_TOTAL, each.writtenBytes(), device, major, minor, "Write");
    }
  }

  private static String deviceName(DeviceTraffic device) throws IOException {
    String number = device.major() + ":" + device.minor();
    try {
      return "/dev/" + Files.readSymbolicLink(BLOCK_DEVICES.resolve(number)).getFileName();
    } catch (NoSuchFileException e) {
      return number; // the device was removed
    }
  }

  private void addHugePages() throws IOException {
    for (String file : cgroup.files("hugetlb.*.current")) {
      String size = file.substring("hugetlb.".length(), file.length() - ".current".length());
      if (!size.contains(".")) { // "2MB.rsvd" counts reservations
        addNumber(HUGETLB_USAGE_BYTES, file, size);
      }
    }
  }

  private void addTasks(List<Integer> processes) throws IOException {
    series.add(PROCESSES, processes.size());
    OptionalLong threads = cgroup.number("pids.current");
    if (threads.isPresent()) {
      series.add(THREADS, threads.getAsLong());
      series.add(THREADS_MAX, cgroup.number("pids.max").orElse(0));
    }
  }

  private void addSeconds(
      MetricFamily family, Map<String, Long> stat, String microseconds, String... labels) {
    Long value = stat.get(microseconds);
    if (value != null) {
      series.add(family, TimeUnit.MICROSECONDS.toSeconds(value), labels);
    }
  }

  private void addCount(MetricFamily family, Map<String, Long> stat, String key, String... labels) {
    Long value = stat.get(key);
    if (value != null) {
      series.add(family, value, labels);
    }
  }

  private void addNumber(MetricFamily family, String file, String... labels) throws IOException {
    OptionalLong value = cgroup.number(file);
    if (value.isPresent()) {
      series.add(family, value.getAsLong(), labels);
    }
  }
}
