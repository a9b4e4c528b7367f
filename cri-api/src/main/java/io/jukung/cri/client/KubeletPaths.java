package io.jukung.cri.client;

import java.util.List;

/**
 * The paths that kubelet hides from every container that is not privileged. Containers that are
 * made without kubelet get the same ones.
 */
public final class KubeletPaths {
  /** For {@code LinuxContainerSecurityContext.masked_paths}. */
  public static final List<String> MASKED =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");

  /** For {@code LinuxContainerSecurityContext.readonly_paths}. */
  public static final List<String> READONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private KubeletPaths() {}
}
