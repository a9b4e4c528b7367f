package io.jukung.runtime.stats;

import static io.jukung.cri.v1.MetricType.COUNTER;
import static io.jukung.cri.v1.MetricType.GAUGE;

import io.jukung.cri.v1.MetricDescriptor;
import io.jukung.cri.v1.MetricType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The metrics that kubelet takes from a runtime. Their names, labels and units are cAdvisor's
 * (KEP-2371). Values are whole numbers, as CRI has only these.
 */
public enum MetricFamily {
  BLKIO_DEVICE_USAGE_TOTAL(
      COUNTER,
      "Bytes read from and written to each block device",
      "device",
      "major",
      "minor",
      "operation"),
  CPU_CFS_PERIODS_TOTAL(COUNTER, "Periods in which the CPU quota was enforced"),
  CPU_CFS_THROTTLED_PERIODS_TOTAL(COUNTER, "Periods in which the CPU quota was used up"),
  CPU_CFS_THROTTLED_SECONDS_TOTAL(COUNTER, "Seconds spent waiting for the next period"),
  CPU_SYSTEM_SECONDS_TOTAL(COUNTER, "Seconds of CPU time used in the kernel"),
  CPU_USAGE_SECONDS_TOTAL(COUNTER, "Seconds of CPU time used", "cpu"),
  CPU_USER_SECONDS_TOTAL(COUNTER, "Seconds of CPU time used in user mode"),
  FILE_DESCRIPTORS(GAUGE, "Open file descriptors"),
  FS_INODES_FREE(GAUGE, "Free inodes of the file system", "device"),
  FS_INODES_TOTAL(GAUGE, "Inodes of the file system", "device"),
  FS_LIMIT_BYTES(GAUGE, "Size of the file system in bytes", "device"),
  FS_READS_BYTES_TOTAL(COUNTER, "Bytes read", "device"),
  FS_READS_TOTAL(COUNTER, "Reads completed", "device"),
  FS_USAGE_BYTES(GAUGE, "Bytes written to the file system and kept there", "device"),
  FS_WRITES_BYTES_TOTAL(COUNTER, "Bytes written", "device"),
  FS_WRITES_TOTAL(COUNTER, "Writes completed", "device"),
  /** Never has values: cgroup v2 does not count this. */
  HUGETLB_MAX_USAGE_BYTES(GAUGE, "Most bytes of huge pages ever used", "pagesize"),
  HUGETLB_USAGE_BYTES(GAUGE, "Bytes of huge pages used", "pagesize"),
  LAST_SEEN(GAUGE, "When the container was last seen, in seconds since the epoch"),
  MEMORY_CACHE(GAUGE, "Bytes of page cache"),
  MEMORY_FAILCNT(COUNTER, "How often the memory limit was reached"),
  MEMORY_FAILURES_TOTAL(COUNTER, "Page faults", "failure_type", "scope"),
  MEMORY_KERNEL_USAGE(GAUGE, "Bytes of kernel memory"),
  MEMORY_MAPPED_FILE(GAUGE, "Bytes of files mapped into memory"),
  MEMORY_MAX_USAGE_BYTES(GAUGE, "Most bytes of memory ever used"),
  MEMORY_RSS(GAUGE, "Bytes of anonymous memory"),
  MEMORY_SWAP(GAUGE, "Bytes of swap"),
  MEMORY_USAGE_BYTES(GAUGE, "Bytes of memory, whenever they were last used"),
  MEMORY_WORKING_SET_BYTES(GAUGE, "Bytes of memory but those of files not used lately"),
  NETWORK_RECEIVE_BYTES_TOTAL(COUNTER, "Bytes received", "interface"),
  NETWORK_RECEIVE_ERRORS_TOTAL(COUNTER, "Errors while receiving", "interface"),
  NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL(COUNTER, "Packets dropped while receiving", "interface"),
  NETWORK_RECEIVE_PACKETS_TOTAL(COUNTER, "Packets received", "interface"),
  NETWORK_TRANSMIT_BYTES_TOTAL(COUNTER, "Bytes sent", "interface"),
  NETWORK_TRANSMIT_ERRORS_TOTAL(COUNTER, "Errors while sending", "interface"),
  NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL(COUNTER, "Packets dropped while sending", "interface"),
  NETWORK_TRANSMIT_PACKETS_TOTAL(COUNTER, "Packets sent", "interface"),
  OOM_EVENTS_TOTAL(COUNTER, "Processes killed for want of memory"),
  PRESSURE_CPU_STALLED_SECONDS_TOTAL(COUNTER, "Seconds in which all tasks waited for a CPU"),
  PRESSURE_CPU_WAITING_SECONDS_TOTAL(COUNTER, "Seconds in which some task waited for a CPU"),
  PRESSURE_IO_STALLED_SECONDS_TOTAL(COUNTER, "Seconds in which all tasks waited for I/O"),
  PRESSURE_IO_WAITING_SECONDS_TOTAL(COUNTER, "Seconds in which some task waited for I/O"),
  PRESSURE_MEMORY_STALLED_SECONDS_TOTAL(COUNTER, "Seconds in which all tasks waited for memory"),
  PRESSURE_MEMORY_WAITING_SECONDS_TOTAL(COUNTER, "Seconds in which some task waited for memory"),
  PROCESSES(GAUGE, "Processes"),
  SOCKETS(GAUGE, "Open sockets"),
  SPEC_CPU_PERIOD(GAUGE, "Period of the CPU quota in microseconds"),
  SPEC_CPU_QUOTA(GAUGE, "CPU quota in microseconds"),
  SPEC_CPU_SHARES(GAUGE, "CPU shares"),
  SPEC_MEMORY_LIMIT_BYTES(GAUGE, "Memory limit in bytes; 0: none"),
  SPEC_MEMORY_RESERVATION_LIMIT_BYTES(GAUGE, "Memory that is not taken back, in bytes"),
  SPEC_MEMORY_SWAP_LIMIT_BYTES(GAUGE, "Limit of memory and swap in bytes; 0: none"),
  START_TIME_SECONDS(GAUGE, "When the container was started, in seconds since the epoch"),
  THREADS(GAUGE, "Threads"),
  THREADS_MAX(GAUGE, "Threads allowed; 0: any number"),
  ULIMITS_SOFT(GAUGE, "Soft limits of the first process", "ulimit");

  private final MetricType type;
  private final MetricDescriptor descriptor;

  MetricFamily(MetricType type, String help, String... labels) {
    List<String> keys = new ArrayList<>();
    keys.addAll(MetricSeries.COMMON_LABELS);
    keys.addAll(List.of(labels));
    this.type = type;
    this.descriptor =
        MetricDescriptor.newBuilder()
            .setName("container_" + name().toLowerCase(Locale.ROOT))
            .setHelp(help)
            .addAllLabelKeys(keys)
            .build();
  }

  MetricType type() {
    return type;
  }

  public MetricDescriptor descriptor() {
    return descriptor;
  }
}
