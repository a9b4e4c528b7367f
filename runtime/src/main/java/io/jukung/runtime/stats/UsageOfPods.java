package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.PodSandboxStats;
import io.jukung.cri.v1.ProcessUsage;
import io.jukung.linux.cgroup.OpenCgroup;
import io.jukung.linux.net.InterfaceCounters;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.pod.SandboxViews;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures what pods and their containers use now, from their cgroups and network namespaces.
 * Thread-safe.
 */
public final class UsageOfPods {
  private static final Logger LOG = LoggerFactory.getLogger(UsageOfPods.class);

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final UsageOfContainers usageOfContainers;
  private final PodInterfaces interfaces;
  private final PodCgroups cgroups;
  private final CpuRates rates = new CpuRates();
  private final StatsFiles files;
  private final RecentReadings<LinuxPodSandboxStats> recent = new RecentReadings<>();

  public UsageOfPods(
      SandboxStore sandboxes,
      ContainerStore containers,
      UsageOfContainers usageOfContainers,
      PodInterfaces interfaces,
      PodCgroups cgroups,
      StatsFiles files) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.usageOfContainers = usageOfContainers;
    this.interfaces = interfaces;
    this.cgroups = cgroups;
    this.files = files;
  }

  /** The usage of one pod. */
  public PodSandboxStats of(Sandbox sandbox) throws IOException, InterruptedException {
    SandboxRecord record = sandbox.record();
    return answer(
        record,
        measure(record),
        interfaces.of(List.of(record)).get(record.id()),
        usageOfContainers.of(containers.of(record.id())));
  }

  /**
   * The usage of each pod. One that cannot be measured is logged and left out. Callers that come
   * shortly after each other get the same reading of a pod.
   */
  public List<PodSandboxStats> of(Collection<Sandbox> asked)
      throws IOException, InterruptedException {
    List<SandboxRecord> records = asked.stream().map(Sandbox::record).toList();
    Map<String, List<InterfaceCounters>> network = interfaces.of(records);
    Map<String, List<ContainerStats>> members = ofContainers(records);
    List<PodSandboxStats> answers = new ArrayList<>();
    for (SandboxRecord record : records) {
      String id = record.id();
      try {
        LinuxPodSandboxStats measured = recent.of(id, record, () -> measure(record));
        answers.add(answer(record, measured, network.get(id), members.getOrDefault(id, List.of())));
      } catch (IOException e) {
        LOG.warn("sandbox {} cannot be measured: {}", id, e.getMessage());
      }
    }
    Set<String> known =
        sandboxes.all().stream().map(Sandbox::id).collect(Collectors.toUnmodifiableSet());
    rates.retain(known);
    recent.retain(known);
    return answers;
  }

  /**
   * The usage of all containers of the sandboxes, by sandbox id. One call for all of them, as there
   * is one time limit for counting their writable layers.
   */
  private Map<String, List<ContainerStats>> ofContainers(List<SandboxRecord> records)
      throws InterruptedException {
    List<Container> members =
        records.stream().flatMap(record -> containers.of(record.id()).stream()).toList();
    Map<String, String> sandboxOf =
        members.stream()
            .collect(Collectors.toMap(Container::id, each -> each.record().sandboxId()));
    return usageOfContainers.of(members).stream()
        .collect(Collectors.groupingBy(each -> sandboxOf.get(each.getAttributes().getId())));
  }

  /** Reads what the cgroup of the pod says. */
  private LinuxPodSandboxStats measure(SandboxRecord record) throws IOException {
    long time = Clock.now();
    OpenCgroup cgroup = files.open().of(record.id(), cgroups.pod(record));
    CgroupUsage usage = new CgroupUsage(cgroup, time);
    LinuxPodSandboxStats.Builder measured = LinuxPodSandboxStats.newBuilder();
    usage.cpu(rates, record.id(), record.createdAt()).ifPresent(measured::setCpu);
    usage.memory().ifPresent(measured::setMemory);
    usage.io().ifPresent(measured::setIo);
    return measured
        .setProcess(
            ProcessUsage.newBuilder()
                .setTimestamp(time)
                .setProcessCount(UInt64.of(cgroup.processCount())))
        .build();
  }

  private static PodSandboxStats answer(
      SandboxRecord record,
      LinuxPodSandboxStats measured,
      @Nullable List<InterfaceCounters> network,
      List<ContainerStats> members) {
    LinuxPodSandboxStats.Builder answer = measured.toBuilder();
    if (network != null) {
      PodInterfaces.usage(network, measured.getProcess().getTimestamp())
          .ifPresent(answer::setNetwork);
    }
    return PodSandboxStats.newBuilder()
        .setAttributes(SandboxViews.attributes(record))
        .setLinux(answer.addAllContainers(members))
        .build();
  }
}
