package io.jukung.runtime.stats;

import io.jukung.cri.v1.ContainerStats;
import io.jukung.image.service.FilesystemUsages;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.Container;
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

  public UsageOfContainers(ContainerStore containers, StatePaths paths, PodCgroups cgroups) {
    this.containers = containers;
    this.paths = paths;
    this.cgroups = cgroups;
  }

  /** The usage of one container. If it does not run, only its writable layer is measured. */
  public ContainerStats of(Container container) throws IOException, InterruptedException {
    return of(container, written(List.of(container)).get(container.id()));
  }

  /** The usage of each container. One that cannot be measured is logged and left out. */
  public List<ContainerStats> of(Collection<Container> asked) throws InterruptedException {
    Map<String, WritableLayers.Count> written = written(asked);
    List<ContainerStats> answers = new ArrayList<>();
    for (Container container : asked) {
      try {
        answers.add(of(container, written.get(container.id())));
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

  private ContainerStats of(Container container, WritableLayers.@Nullable Count written)
      throws IOException {
    ContainerStats.Builder answer =
        ContainerStats.newBuilder().setAttributes(ContainerViews.attributes(container.record()));
    if (container.status().isRunning()) {
      CgroupUsage usage = new CgroupUsage(cgroups.at(container.record().cgroup()), Clock.now());
      long since = container.status().startedAt();
      usage.cpu(rates, container.id(), since).ifPresent(answer::setCpu);
      usage.memory().ifPresent(answer::setMemory);
      usage.swap().ifPresent(answer::setSwap);
      usage.io().ifPresent(answer::setIo);
    }
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
  }
}
