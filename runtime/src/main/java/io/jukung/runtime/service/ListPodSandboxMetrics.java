package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerMetrics;
import io.jukung.cri.v1.ListPodSandboxMetricsRequest;
import io.jukung.cri.v1.ListPodSandboxMetricsResponse;
import io.jukung.cri.v1.PodSandboxMetrics;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.ControlFiles;
import io.jukung.linux.net.InterfaceCounters;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.stats.CgroupMetrics;
import io.jukung.runtime.stats.ContainerSeries;
import io.jukung.runtime.stats.Filesystem;
import io.jukung.runtime.stats.MetricSeries;
import io.jukung.runtime.stats.NetworkMetrics;
import io.jukung.runtime.stats.PodInterfaces;
import io.jukung.runtime.stats.UsageOfContainers;
import io.jukung.runtime.stats.WritableLayers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ListPodSandboxMetrics: returns the metrics of the pods that are READY and of their containers
 * that are RUNNING (KEP-2371). A pod that cannot be measured is left out; the others are returned.
 */
public final class ListPodSandboxMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(ListPodSandboxMetrics.class);

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final UsageOfContainers usage;
  private final PodInterfaces interfaces;
  private final PodCgroups cgroups;
  private final StatePaths paths;

  public ListPodSandboxMetrics(
      SandboxStore sandboxes,
      ContainerStore containers,
      UsageOfContainers usage,
      PodInterfaces interfaces,
      PodCgroups cgroups,
      StatePaths paths) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.usage = usage;
    this.interfaces = interfaces;
    this.cgroups = cgroups;
    this.paths = paths;
  }

  public ListPodSandboxMetricsResponse call(ListPodSandboxMetricsRequest request)
      throws IOException, InterruptedException {
    List<SandboxRecord> ready =
        sandboxes.all().stream().filter(Sandbox::isReady).map(Sandbox::record).toList();
    Map<String, List<InterfaceCounters>> network = interfaces.of(ready);
    Filesystem filesystem = Filesystem.of(paths.containers());
    Map<String, WritableLayers.Count> written = usage.written(containers.all());
    ListPodSandboxMetricsResponse.Builder response = ListPodSandboxMetricsResponse.newBuilder();
    for (SandboxRecord sandbox : ready) {
      try {
        response.addPodMetrics(
            pod(sandbox, network.getOrDefault(sandbox.id(), List.of()), filesystem, written));
      } catch (IOException e) {
        LOG.warn("sandbox {} is not measured: {}", sandbox.id(), e.getMessage());
      }
    }
    return response.build();
  }

  private PodSandboxMetrics pod(
      SandboxRecord sandbox,
      List<InterfaceCounters> network,
      Filesystem filesystem,
      Map<String, WritableLayers.Count> written)
      throws IOException {
    Cgroup cgroup = cgroups.pod(sandbox);
    MetricSeries series = MetricSeries.ofPod(sandbox, cgroup.path(), Clock.now());
    new CgroupMetrics(cgroup, series).add(cgroup.allProcesses());
    NetworkMetrics.add(series, network);
    PodSandboxMetrics.Builder metrics =
        PodSandboxMetrics.newBuilder()
            .setPodSandboxId(sandbox.id())
            .addAllMetrics(series.metrics());
    for (Container container : containers.of(sandbox.id())) {
      if (container.status().isRunning()) {
        metrics.addContainerMetrics(
            container(sandbox, container, filesystem, written.get(container.id())));
      }
    }
    return metrics.build();
  }

  private ContainerMetrics container(
      SandboxRecord sandbox,
      Container container,
      Filesystem filesystem,
      WritableLayers.@Nullable Count written)
      throws IOException {
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    MetricSeries series = MetricSeries.ofContainer(sandbox, container.record(), Clock.now());
    List<Integer> processes = cgroup.allProcesses();
    ControlFiles files = usage.files(container);
    new CgroupMetrics(files, series).add(processes);
    ContainerStatusRecord status = container.status();
    ContainerSeries own = new ContainerSeries(series);
    own.addTimes(status);
    own.addLimits(container.resources(), files.number("memory.max"));
    own.addFilesystem(filesystem, written);
    own.addProcesses(processes, status.pid());
    return ContainerMetrics.newBuilder()
        .setContainerId(container.id())
        .addAllMetrics(series.metrics())
        .build();
  }
}
