package io.jukung.runtime.cgroup;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.linux.cgroup.DeviceFilter;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.spec.DeviceAccess;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where pods and containers stand in the cgroup tree: a container below its pod's parent cgroup,
 * which kubelet names, or below a cgroup of the pod's own.
 */
public final class PodCgroups {
  private static final Logger LOG = LoggerFactory.getLogger(PodCgroups.class);

  /** Killed processes are gone in milliseconds, unless one hangs in the kernel. */
  public static final Duration REMOVE_WAIT = Duration.ofSeconds(10);

  /** What a pod's shared pid namespace is held by. */
  private static final String REAPER = "reaper";

  private final CgroupMount mount;
  private final CgroupDriver driver;
  private final MissingController missing;
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  /** What to do with a limit whose controller the host lacks. */
  public enum MissingController {
    ERROR,
    IGNORE
  }

  /** The tree of this host. */
  public PodCgroups(CgroupMount mount, CgroupDriver driver, MissingController missing) {
    this.mount = mount;
    this.driver = driver;
    this.missing = missing;
  }

  /**
   * What is kept of the parent that a request names; empty: none.
   *
   * @throws CriException INVALID_ARGUMENT where it is none
   */
  public String parent(String requested) {
    try {
      return requested.isEmpty() ? "" : driver.parent(requested);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(
          "RunPodSandbox: config.linux.cgroup_parent " + e.getMessage());
    }
  }

  /** The parent of the pod's containers. */
  public Cgroup pod(SandboxRecord sandbox) {
    return mount.at(driver.podPath(sandbox.config().cgroupParent(), sandbox.id()));
  }

  /** Makes a cgroup of a pod or of shims. */
  public void create(Cgroup cgroup) throws IOException {
    driver.prepare(cgroup.path());
    cgroup.create();
  }

  /** Whether the pod's parent cgroup is jukung's to limit, and not kubelet's. */
  boolean isOwn(SandboxRecord sandbox) {
    return sandbox.config().cgroupParent().isEmpty();
  }

  /** Limits the pod as a whole, where its cgroup is ours. */
  public void limitPod(SandboxRecord sandbox, Rollback rollback) throws IOException {
    PodLimits limits = sandbox.limits();
    Resources resources = limits == null ? null : limits.resources();
    if (resources == null || !isOwn(sandbox)) {
      return;
    }
    Cgroup cgroup = pod(sandbox);
    create(cgroup);
    change(cgroup, ResourceRecords.settings(resources), rollback);
  }

  public Cgroup container(SandboxRecord sandbox, String containerId) {
    return pod(sandbox).child(containerId);
  }

  /** The cgroup at a path that a record holds. */
  public Cgroup at(String path) {
    return mount.at(path);
  }

  /** That of the process that holds the pod's shared pid namespace. */
  public Cgroup reaper(SandboxRecord sandbox) {
    return pod(sandbox).child(REAPER + "-" + sandbox.id());
  }

  /**
   * That of the shims, beside the pods: nobody's limits count them, and the end of the daemon's
   * service leaves them.
   */
  public Cgroup shims() {
    return mount.at(driver.shimsPath());
  }

  /** The cgroups of sandboxes that name no parent, by the sandboxes' ids. */
  public Map<String, Cgroup> ownPods() throws IOException {
    Cgroup own = mount.at(driver.ownPath());
    Map<String, Cgroup> pods = new LinkedHashMap<>();
    for (String name : own.children()) {
      String id = driver.sandboxOf(name);
      if (ObjectId.isValid(id)) {
        pods.put(id, own.child(name));
      }
    }
    return pods;
  }

  /** Kills what is in the cgroup and removes it. */
  public void remove(Cgroup cgroup) throws IOException {
    cgroup.kill();
    cgroup.remove(REMOVE_WAIT);
  }

  /** Removes the pod's parent cgroup and those above it, where they are ours and empty. */
  public void removeEmptyParents(SandboxRecord sandbox) throws IOException {
    if (isOwn(sandbox)) {
      // By its name it is ours, also where a daemon that was killed had no time to mark it.
      pod(sandbox).remove(REMOVE_WAIT);
    }
    driver.removeUnused(pod(sandbox));
  }

  /** Removes that of the shims, unless one is left that a pod needs. */
  public void removeUnusedShims() throws IOException {
    driver.removeUnused(shims());
  }

  /**
   * Refuses limits that this host cannot set, before anything is made for the container.
   *
   * @throws CriException FAILED_PRECONDITION, unless the configuration ignores that
   */
  public void check(List<CgroupSetting> settings) {
    for (CgroupSetting setting : settings) {
      if (!setting.optional() && !mount.controllers().contains(setting.controller())) {
        reportMissing(setting);
      }
    }
  }

  /** Writes the limits. */
  public void apply(Cgroup cgroup, List<CgroupSetting> settings) throws IOException {
    for (CgroupSetting setting : settings) {
      if (cgroup.has(setting.file())) {
        cgroup.write(setting.file(), setting.value());
      } else if (!setting.optional()) {
        reportMissing(setting);
      }
    }
  }

  /** Lets the cgroup's processes use the devices that the rules allow, and no others. */
  public void limitDevices(Cgroup cgroup, List<Spec.DeviceRule> rules) throws IOException {
    Optional<List<DeviceFilter.Allowed>> allowed = DeviceAccess.of(rules);
    if (allowed.isPresent()) {
      DeviceFilter.attach(cgroup, allowed.get());
    }
  }

  /**
   * Changes limits that are in force. What was there before is restored where the caller's use case
   * does not commit.
   */
  public void change(Cgroup cgroup, List<CgroupSetting> settings, Rollback rollback)
      throws IOException {
    for (CgroupSetting setting : settings) {
      String file = setting.file();
      if (cgroup.has(file)) {
        String restoring = setting.restoring(cgroup.read(file));
        rollback.undo("restore " + file + " of " + cgroup, () -> cgroup.write(file, restoring));
        cgroup.write(file, setting.value());
      } else if (!setting.optional()) {
        reportMissing(setting);
      }
    }
  }

  private void reportMissing(CgroupSetting setting) {
    String problem =
        setting.field()
            + " is set, but this host's cgroup v2 hierarchy has no "
            + setting.file()
            + " (controllers: "
            + String.join(" ", new TreeSet<>(mount.controllers()))
            + ")";
    switch (missing) {
      case ERROR -> throw new CriException(ErrorKind.FAILED_PRECONDITION, problem);
      case IGNORE -> {
        if (warned.add(setting.file())) {
          LOG.warn("{}; such limits are not enforced", problem);
        }
      }
    }
  }
}
