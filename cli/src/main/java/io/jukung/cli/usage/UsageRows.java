package io.jukung.cli.usage;

import io.jukung.cli.command.Row;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.PodSandboxStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What containers use, as the templates of {@code docker stats} see it. Processes and network are
 * those of the pod: a container of {@code jukung run} has a pod of its own.
 */
final class UsageRows {
  private static final String UNKNOWN = "--";

  /** The headings of the fields. */
  static final Map<String, String> HEADINGS = headings();

  private UsageRows() {}

  private static Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("Container", "CONTAINER");
    headings.put("ID", "CONTAINER ID");
    headings.put("Name", "NAME");
    headings.put("CPUPerc", "CPU %");
    headings.put("MemUsage", "MEM USAGE / LIMIT");
    headings.put("MemPerc", "MEM %");
    headings.put("NetIO", "NET I/O");
    headings.put("PIDs", "PIDS");
    return headings;
  }

  static List<Row> between(ListPodSandboxStatsResponse earlier, ListPodSandboxStatsResponse later) {
    Map<String, CpuUsage> before = new HashMap<>();
    for (PodSandboxStats pod : earlier.getStatsList()) {
      for (ContainerStats container : pod.getLinux().getContainersList()) {
        before.put(container.getAttributes().getId(), container.getCpu());
      }
    }
    List<Row> rows = new ArrayList<>();
    for (PodSandboxStats pod : later.getStatsList()) {
      for (ContainerStats container : pod.getLinux().getContainersList()) {
        rows.add(row(pod.getLinux(), container, before));
      }
    }
    return rows;
  }

  private static Row row(
      LinuxPodSandboxStats pod, ContainerStats container, Map<String, CpuUsage> before) {
    Map<String, String> values = new LinkedHashMap<>();
    String id = container.getAttributes().getId();
    MemoryUsage memory = container.getMemory();
    long used = memory.getWorkingSetBytes().getValue();
    long limit = memory.hasAvailableBytes() ? used + memory.getAvailableBytes().getValue() : 0;
    values.put("Container", ShortId.of(id));
    values.put("ID", ShortId.of(id));
    values.put("Name", container.getAttributes().getMetadata().getName());
    CpuUsage earlier = before.get(id);
    values.put("CPUPerc", earlier == null ? UNKNOWN : share(earlier, container.getCpu()));
    values.put(
        "MemUsage",
        HumanSize.format(used) + " / " + (limit == 0 ? UNKNOWN : HumanSize.format(limit)));
    values.put(
        "MemPerc",
        limit == 0 ? UNKNOWN : String.format(Locale.ROOT, "%.2f%%", 100.0 * used / limit));
    values.put("NetIO", pod.hasNetwork() ? network(pod) : UNKNOWN);
    values.put(
        "PIDs",
        pod.hasProcess() ? Long.toString(pod.getProcess().getProcessCount().getValue()) : UNKNOWN);
    return new Row(values, container.getAttributes().getLabelsMap());
  }

  private static String share(CpuUsage earlier, CpuUsage now) {
    long used =
        now.getUsageCoreNanoSeconds().getValue() - earlier.getUsageCoreNanoSeconds().getValue();
    long passed = now.getTimestamp() - earlier.getTimestamp();
    return passed <= 0 || used < 0
        ? UNKNOWN
        : String.format(Locale.ROOT, "%.2f%%", 100.0 * used / passed);
  }

  private static String network(LinuxPodSandboxStats pod) {
    List<NetworkInterfaceUsage> all =
        Stream.concat(
                Stream.of(pod.getNetwork().getDefaultInterface()),
                pod.getNetwork().getInterfacesList().stream())
            .toList();
    long received = all.stream().mapToLong(each -> each.getRxBytes().getValue()).sum();
    long sent = all.stream().mapToLong(each -> each.getTxBytes().getValue()).sum();
    return HumanSize.format(received) + " / " + HumanSize.format(sent);
  }
}
