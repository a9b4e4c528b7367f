package io.jukung.cli.usage;

import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.NetworkUsage;
import io.jukung.cri.v1.PodSandboxStats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What pods and containers use, with a row for each pod and below it one for each of its
 * containers. The rates of processors are those between two readings. "-" is what is not known.
 */
final class UsageTable {
  private static final String UNKNOWN = "-";

  private final Map<String, CpuUsage> before = new HashMap<>();
  private final Table table =
      new Table("POD", "CONTAINER", "ID", "CPU", "MEMORY", "LIMIT", "PIDS", "RECEIVED", "SENT");

  private UsageTable() {}

  static Table between(ListPodSandboxStatsResponse earlier, ListPodSandboxStatsResponse later) {
    UsageTable usage = new UsageTable();
    for (PodSandboxStats pod : earlier.getStatsList()) {
      usage.before.put(pod.getAttributes().getId(), pod.getLinux().getCpu());
      for (ContainerStats container : pod.getLinux().getContainersList()) {
        usage.before.put(container.getAttributes().getId(), container.getCpu());
      }
    }
    later.getStatsList().stream()
        .sorted(Comparator.comparing(UsageTable::name))
        .forEach(usage::add);
    return usage.table;
  }

  private static String name(PodSandboxStats pod) {
    var metadata = pod.getAttributes().getMetadata();
    return metadata.getNamespace() + "/" + metadata.getName();
  }

  private void add(PodSandboxStats pod) {
    var linux = pod.getLinux();
    String id = pod.getAttributes().getId();
    table.row(
        name(pod),
        "",
        ShortId.of(id),
        cpu(id, linux.hasCpu() ? linux.getCpu() : null),
        memory(linux.getMemory()),
        limit(linux.getMemory()),
        linux.hasProcess()
            ? Long.toString(linux.getProcess().getProcessCount().getValue())
            : UNKNOWN,
        bytes(linux.hasNetwork(), linux.getNetwork(), each -> each.getRxBytes().getValue()),
        bytes(linux.hasNetwork(), linux.getNetwork(), each -> each.getTxBytes().getValue()));
    linux.getContainersList().stream()
        .sorted(Comparator.comparing(each -> each.getAttributes().getMetadata().getName()))
        .forEach(this::add);
  }

  private void add(ContainerStats container) {
    String id = container.getAttributes().getId();
    table.row(
        "",
        container.getAttributes().getMetadata().getName(),
        ShortId.of(id),
        cpu(id, container.hasCpu() ? container.getCpu() : null),
        memory(container.getMemory()),
        limit(container.getMemory()),
        "",
        "",
        "");
  }

  /** The share of one processor between the readings; unknown for what is new. */
  private String cpu(String id, @Nullable CpuUsage now) {
    CpuUsage earlier = before.get(id);
    if (now == null || earlier == null) {
      return UNKNOWN;
    }
    long used =
        now.getUsageCoreNanoSeconds().getValue() - earlier.getUsageCoreNanoSeconds().getValue();
    long passed = now.getTimestamp() - earlier.getTimestamp();
    return passed <= 0 || used < 0
        ? UNKNOWN
        : String.format(Locale.ROOT, "%.2f%%", 100.0 * used / passed);
  }

  private static String memory(MemoryUsage usage) {
    return usage.hasWorkingSetBytes()
        ? HumanSize.format(usage.getWorkingSetBytes().getValue())
        : UNKNOWN;
  }

  /** CRI tells what is left of the limit, and nothing if there is none. */
  private static String limit(MemoryUsage usage) {
    return usage.hasAvailableBytes()
        ? HumanSize.format(
            usage.getWorkingSetBytes().getValue() + usage.getAvailableBytes().getValue())
        : UNKNOWN;
  }

  private static String bytes(
      boolean known, NetworkUsage network, ToLongFunction<NetworkInterfaceUsage> number) {
    if (!known) {
      return UNKNOWN;
    }
    List<NetworkInterfaceUsage> all = new ArrayList<>(network.getInterfacesList());
    all.add(network.getDefaultInterface());
    return HumanSize.format(all.stream().mapToLong(number).sum());
  }
}
