package io.jukung.engine.usage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.docker.DockerTime;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.engine.http.Json;
import org.jspecify.annotations.Nullable;

/**
 * A reading of {@code GET /containers/ID/stats} in docker's JSON. Its clients compute the share of
 * the processors from two samples, and leave the page cache that can be dropped out of the memory.
 */
final class StatsJson {
  private StatsJson() {}

  /**
   * Makes the JSON.
   *
   * @param before null for the first sample
   * @param now null for a container that does not run: docker's numbers are zero then
   * @param nodeMemory what a container without a limit may use, in bytes
   */
  static ObjectNode of(
      String id, String name, @Nullable Sample before, @Nullable Sample now, long nodeMemory) {
    ObjectNode json = Json.object();
    json.put("name", "/" + name).put("id", id);
    json.put("read", now == null ? DockerTime.NEVER : now.read().toString());
    json.put("preread", before == null ? DockerTime.NEVER : before.read().toString());
    ObjectNode processes = json.putObject("pids_stats");
    if (now != null && now.pod().getProcess().hasProcessCount()) {
      processes.put("current", now.pod().getProcess().getProcessCount().getValue());
    }
    json.putObject("blkio_stats").putNull("io_service_bytes_recursive");
    json.put("num_procs", 0).putObject("storage_stats");
    json.set("cpu_stats", processor(now));
    json.set("precpu_stats", processor(before));
    json.set("memory_stats", memory(now, nodeMemory));
    if (now != null && now.pod().hasNetwork()) {
      ObjectNode networks = json.putObject("networks");
      // The CRI has the first interface of a pod apart from the others.
      put(networks, now.pod().getNetwork().getDefaultInterface());
      now.pod().getNetwork().getInterfacesList().forEach(each -> put(networks, each));
    }
    return json;
  }

  private static ObjectNode processor(@Nullable Sample sample) {
    ObjectNode json = Json.object();
    ObjectNode usage = json.putObject("cpu_usage");
    usage.put(
        "total_usage",
        sample == null ? 0 : sample.container().getCpu().getUsageCoreNanoSeconds().getValue());
    usage.put("usage_in_kernelmode", 0).put("usage_in_usermode", 0);
    if (sample != null) {
      json.put("system_cpu_usage", sample.systemNanos());
      json.put("online_cpus", Runtime.getRuntime().availableProcessors());
    }
    json.putObject("throttling_data")
        .put("periods", 0)
        .put("throttled_periods", 0)
        .put("throttled_time", 0);
    return json;
  }

  private static ObjectNode memory(@Nullable Sample sample, long nodeMemory) {
    ObjectNode json = Json.object();
    if (sample == null) {
      return json;
    }
    MemoryUsage memory = sample.container().getMemory();
    long used = memory.getUsageBytes().getValue();
    long working = memory.getWorkingSetBytes().getValue();
    json.put("usage", used);
    ObjectNode stats = json.putObject("stats");
    // By definition of the working set, see kubelet's Summary API.
    stats.put("inactive_file", Math.max(0, used - working));
    stats.put("anon", memory.getRssBytes().getValue());
    stats.put("pgfault", memory.getPageFaults().getValue());
    stats.put("pgmajfault", memory.getMajorPageFaults().getValue());
    boolean isLimited = memory.hasAvailableBytes();
    json.put("limit", isLimited ? working + memory.getAvailableBytes().getValue() : nodeMemory);
    return json;
  }

  private static void put(ObjectNode networks, NetworkInterfaceUsage usage) {
    if (usage.getName().isEmpty()) {
      return; // the pod has no such interface
    }
    networks
        .putObject(usage.getName())
        .put("rx_bytes", usage.getRxBytes().getValue())
        .put("rx_packets", 0)
        .put("rx_errors", usage.getRxErrors().getValue())
        .put("rx_dropped", 0)
        .put("tx_bytes", usage.getTxBytes().getValue())
        .put("tx_packets", 0)
        .put("tx_errors", usage.getTxErrors().getValue())
        .put("tx_dropped", 0);
  }
}
