package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.ContainerStats;
import io.jukung.cri.v1.LinuxPodSandboxStats;
import io.jukung.cri.v1.PodSandboxStats;
import io.jukung.cri.v1.ProcessUsage;
import io.jukung.linux.cgroup.Cgroup;
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

  public UsageOfPods(
      SandboxStore sandboxes,
      ContainerStore containers,
      UsageOfContainers usageOfContainers,
      PodInterfaces interfaces,
      PodCgroups cgroups) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.usageOfContainers = usageOfContainers;
    this.interfaces = interfaces;
    this.cgroups = cgroups;
  }

  /** The usage of one pod. */
  public PodSandboxStats of(Sandbox sandbox) throws IOException, InterruptedException {
    SandboxRecord record = sandbox.record();
    return of(
        record,
        interfaces.of(List.of(record)).get(record.id()),
        usageOfContainers.of(containers.of(record.id())));
  }

  /** The usage of each pod. One that cannot be measured is logged and left out. */
  public List<PodSandboxStats> of(Collection<Sandbox> asked)
      throws IOException, InterruptedException {
    List<SandboxRecord> records = asked.stream().map(Sandbox::record).toList();
    Map<String, List<InterfaceCounters>> network = interfaces.of(records);
    Map<String, List<ContainerStats>> members = ofContainers(records);
    List<PodSandboxStats> answers = new ArrayList<>();
    for (SandboxRecord record : records) {
      String id = record.id();
      try {
        answers.add(of(record, network.get(id), members.getOrDefault(id, List.of())));
      } catch (IOException e) {
        LOG.warn("sandbox {} cannot be measured: {}", id, e.getMessage());
      }
    }
    rates.retain(sandboxes.all().stream().map(Sandbox::id).collect(Collectors.toUnmodifiableSet()));
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

  private PodSandboxStats of(
      SandboxRecord record, @Nullable List<InterfaceCounters> network, List<ContainerStats> members)
      throws IOException {
    long time = Clock.now();
    Cgroup cgroup = cgroups.pod(record);
    CgroupUsage usage = new CgroupUsage(cgroup, time);
    LinuxPodSandboxStats.Builder answer = LinuxPodSandboxStats.newBuilder();
    usage.cpu(rates, record.id(), record.createdAt()).ifPresent(answer::setCpu);
    usage.memory().ifPresent(answer::setMemory);
    usage.io().ifPresent(answer::setIo);
    if (network != null) {
      answer.setNetwork(PodInterfaces.usage(network, time));
    }
    return PodSandboxStats.newBuilder()
        .setAttributes(SandboxViews.attributes(record))
        .setLinux(answer.setProcess(processes(cgroup, time)).addAllContainers(members))
        .build();
  }

  private static ProcessUsage processes(Cgroup cgroup, long time) throws IOException {
    return ProcessUsage.newBuilder()
        .setTimestamp(time)
        .setProcessCount(UInt64.of(cgroup.allProcesses().size()))
        .build();
  }
}
