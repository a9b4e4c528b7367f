package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.LogNames;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes the limits of containers that have not exited. Thread-safe. */
public final class ContainerLimits {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLimits.class);

  private final PodCgroups cgroups;

  public ContainerLimits(PodCgroups cgroups) {
    this.cgroups = cgroups;
  }

  /**
   * Changes the limits that {@code changes} sets: all or none.
   *
   * @throws CriException FAILED_PRECONDITION if the container has exited
   */
  public void change(Container container, LinuxContainerResources changes) throws IOException {
    container.limitsLock().lock();
    try {
      changeLocked(container, changes);
    } finally {
      container.limitsLock().unlock();
    }
  }

  private void changeLocked(Container container, LinuxContainerResources changes)
      throws IOException {
    if (container.status().isExited()) {
      throw CriException.failedPrecondition(
          "update of container " + container.id() + ": it has exited");
    }
    Resources next = ResourceRecords.updated(container.resources(), changes);
    ResourceRules.check(ResourceRecords.toCri(next));
    List<CgroupSetting> settings = changed(container, next, changes);
    cgroups.check(settings);
    Cgroup cgroup = cgroups.at(container.record().cgroup());
    try (Rollback rollback = Rollback.named("UpdateContainerResources", container.id())) {
      if (cgroup.exists()) { // otherwise the start sets the limits
        cgroups.change(cgroup, settings, rollback);
        if (changes.getOomScoreAdj() != 0) {
          OomScores.change(cgroup, changes.getOomScoreAdj(), rollback);
        }
      }
      container.limit(next);
      rollback.commit();
    }
    LOG.info("container {}: limits changed: {}", LogNames.container(container.record()), settings);
  }

  /** The settings to write: those that the request names, and others that changed with them. */
  private static List<CgroupSetting> changed(
      Container container, Resources next, LinuxContainerResources changes) {
    Set<String> named =
        ResourceRecords.settings(ResourceRecords.of(changes)).stream()
            .map(CgroupSetting::file)
            .collect(Collectors.toSet());
    Resources before = container.resources();
    List<CgroupSetting> known = before == null ? List.of() : ResourceRecords.settings(before);
    List<CgroupSetting> settings = new ArrayList<>(ResourceRecords.settings(next));
    settings.removeIf(each -> !named.contains(each.file()) && known.contains(each));
    return settings;
  }
}
