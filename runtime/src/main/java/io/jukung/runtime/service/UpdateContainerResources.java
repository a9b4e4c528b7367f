package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.cri.v1.UpdateContainerResourcesResponse;
import io.jukung.cri.v1.WindowsContainerResources;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.OomScores;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * UpdateContainerResources: changes the limits of a container that has not exited. Either all
 * limits that the request sets are changed, or none.
 */
public final class UpdateContainerResources {
  private static final Logger LOG = LoggerFactory.getLogger(UpdateContainerResources.class);

  private final ContainerStore containers;
  private final PodCgroups cgroups;

  public UpdateContainerResources(ContainerStore containers, PodCgroups cgroups) {
    this.containers = containers;
    this.cgroups = cgroups;
  }

  public UpdateContainerResourcesResponse call(UpdateContainerResourcesRequest request)
      throws IOException {
    if (!request.getWindows().equals(WindowsContainerResources.getDefaultInstance())) {
      throw CriException.unimplementedField("windows");
    }
    Container container = containers.get(request.getContainerId());
    container.limitsLock().lock();
    try {
      update(container, request.getLinux());
    } finally {
      container.limitsLock().unlock();
    }
    return UpdateContainerResourcesResponse.getDefaultInstance();
  }

  private void update(Container container, LinuxContainerResources changes) throws IOException {
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
    LOG.info("container {}: limits changed: {}", container.id(), settings);
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
