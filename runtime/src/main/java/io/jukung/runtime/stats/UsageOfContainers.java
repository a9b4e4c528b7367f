package io.jukung.runtime.stats;

import io.jukung.cri.v1.ContainerStats;
import io.jukung.image.service.FilesystemUsages;
import io.jukung.linux.cgroup.ControlFiles;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures what containers use now, from their cgroups and their writable layers, without asking a
 * shim. Thread-safe.
 */
public final class UsageOfContainers {
  private static final Logger LOG = LoggerFactory.getLogger(UsageOfContainers.class);

  /** How long one call waits for the counts of all its writable layers together. */
  private static final Duration COUNT_WAIT = Duration.ofMillis(500);

  private final ContainerStore containers;
  private final StatePaths paths;
  private final PodCgroups cgroups;
  private final CpuRates rates = new CpuRates();
  private final WritableLayers layers = new WritableLayers();
  private final StatsFiles files;
  private final RecentReadings<ContainerStats> recent = new RecentReadings<>();

  public UsageOfContainers(
      ContainerStore containers, StatePaths paths, PodCgroups cgroups, StatsFiles files) {
    this.containers = containers;
    this.files = files;
    this.paths = paths;
    this.cgroups = cgroups;
  }

  /** The usage of one container. If it does not run, only its writable layer is measured. */
  public ContainerStats of(Container container) throws IOException, InterruptedException {
    return answer(container, measure(container), written(List.of(container)).get(container.id()));
  }

  /**
   * The usage of each container. One that cannot be measured is logged and left out. Callers that
   * come shortly after each other get the same reading of a container.
   */
  public List<ContainerStats> of(Collection<Container> asked) throws InterruptedException {
    Map<String, WritableLayers.Count> written = written(asked);
    List<ContainerStats> answers = new ArrayList<>();
    for (Container container : asked) {
      try {
        ContainerStats measured =
            recent.of(container.id(), container.status(), () -> measure(container));
        answers.add(answer(container, measured, written.get(container.id())));
      } catch (IOException e) {
        LOG.warn("container {} cannot be measured: {}", container.id(), e.getMessage());
      }
    }
    forgetRemoved();
    return answers;
  }

  /** The counts of the containers' writable layers, by container id, as far as they are known. */
  public Map<String, WritableLayers.Count> written(Collection<Container> asked)
      throws InterruptedException {
    Map<String, Path> directories = new LinkedHashMap<>();
    for (Container container : asked) {
      directories.put(container.id(), paths.containerUpper(container.id()));
    }
    return layers.of(directories, COUNT_WAIT);
  }

  /** The control files of the container's cgroup. */
  public ControlFiles files(Container container) {
    return files.open().of(container.id(), cgroups.at(container.record().cgroup()));
  }

  /** Reads what the cgroup says. If the container does not run, that is nothing. */
  private ContainerStats measure(Container container) throws IOException {
    ContainerStats.Builder measured = ContainerStats.newBuilder();
    ContainerStatusRecord status = container.status();
    if (status.isRunning()) {
      CgroupUsage usage = new CgroupUsage(files(container), Clock.now());
      usage.cpu(rates, container.id(), status.startedAt()).ifPresent(measured::setCpu);
      usage.memory().ifPresent(measured::setMemory);
      usage.swap().ifPresent(measured::setSwap);
      usage.io().ifPresent(measured::setIo);
    }
    return measured.build();
  }

  private ContainerStats answer(
      Container container, ContainerStats measured, WritableLayers.@Nullable Count written) {
    ContainerStats.Builder answer =
        measured.toBuilder().setAttributes(ContainerViews.attributes(container.record()));
    if (written != null) {
      // ImageFsInfo reports the same directory, so that kubelet sees one file system.
      answer.setWritableLayer(
          FilesystemUsages.of(paths.containers(), written.usage(), written.time()));
    }
    return answer.build();
  }

  private void forgetRemoved() {
    Set<String> known =
        containers.all().stream().map(Container::id).collect(Collectors.toUnmodifiableSet());
    rates.retain(known);
    layers.retain(known);
    recent.retain(known);
  }
}
