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
import io.jukung.runtime.store.Ownership;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds, creates, limits and removes the cgroups of pods and containers. A container's cgroup lies
 * in the parent cgroup that kubelet names for the pod, or else in a cgroup that jukung creates for
 * the pod. Thread-safe.
 */
public final class PodCgroups {
  private static final Logger LOG = LoggerFactory.getLogger(PodCgroups.class);

  /** Killed processes leave their cgroup within milliseconds, unless one hangs in the kernel. */
  public static final Duration REMOVE_WAIT = Duration.ofSeconds(10);

  /** Deeper than any parent that kubelet names. */
  private static final int MAX_DEPTH = 10;

  /** Begins the cgroup name of the process that keeps a pod's shared pid namespace alive. */
  private static final String REAPER = "reaper";

  private final CgroupMount mount;
  private final PodCgroupDriver driver;
  private final MissingController missing;
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  /** What to do with a limit whose controller this host does not have. */
  public enum MissingController {
    ERROR,
    IGNORE
  }

  public PodCgroups(CgroupMount mount, PodCgroupDriver driver, MissingController missing) {
    this.mount = mount;
    this.driver = driver;
    this.missing = missing;
  }

  /**
   * Checks the parent cgroup that a request names, and returns the form that is recorded; empty if
   * the request names none.
   *
   * @throws CriException INVALID_ARGUMENT if the text does not name a cgroup of the driver
   */
  public String parent(String requested) {
    try {
      return requested.isEmpty() ? "" : driver.parent(requested);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(
          "RunPodSandbox: config.linux.cgroup_parent " + e.getMessage());
    }
  }

  /** The cgroup that contains the pod's containers. */
  public Cgroup pod(SandboxRecord sandbox) {
    return mount.at(driver.podPath(sandbox.config().cgroupParent(), sandbox.id()));
  }

  /** Creates a cgroup of a pod or of the shims. */
  public void create(Cgroup cgroup) throws IOException {
    driver.prepare(cgroup.path());
    cgroup.create();
  }

  /** Whether jukung creates, limits and removes the pod's cgroup, and not kubelet. */
  boolean isOwn(SandboxRecord sandbox) {
    return sandbox.config().cgroupParent().isEmpty();
  }

  /** Sets the limits of the pod as a whole, unless kubelet manages the pod's cgroup. */
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

  /**
   * The parent cgroup that the request for a sandbox has named, for a sandbox whose record is lost.
   *
   * @param cgroup the path of the cgroup of a container or of the reaper
   * @return empty if the request named none
   */
  public String parentOf(String sandboxId, String cgroup) {
    return driver.parentOf(sandboxId, cgroup.substring(0, cgroup.lastIndexOf('/')));
  }

  /** As {@link #parentOf}, for a sandbox that may have a reaper; empty also if it has none. */
  public String parentOfReaper(String sandboxId) throws IOException {
    String name = REAPER + "-" + sandboxId;
    try (Stream<Path> found =
        Files.find(mount.directory(), MAX_DEPTH, (path, _) -> path.endsWith(name))) {
      Optional<Path> reaper = found.findFirst();
      return reaper.isEmpty()
          ? ""
          : parentOf(sandboxId, "/" + mount.directory().relativize(reaper.get()));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** The cgroup of the process that keeps the pod's shared pid namespace alive. */
  public Cgroup reaper(SandboxRecord sandbox) {
    return pod(sandbox).child(REAPER + "-" + sandbox.id());
  }

  /**
   * The cgroup of the shims. No pod's limits apply to it, and systemd does not kill it together
   * with the daemon's service.
   */
  public Cgroup shims() {
    return mount.at(driver.shimsPath());
  }

  /**
   * The cgroup in which shims rehearse, beside that of the shims. Each rehearsal has one in it, and
   * what is in that one ends with the rehearsal.
   */
  public Cgroup rehearsals() {
    String shims = driver.shimsPath();
    return mount.at(shims.substring(0, shims.lastIndexOf('/')) + "/rehearsals");
  }

  /**
   * Makes the cgroups of this daemon, and keeps daemons of other roots from using them too.
   *
   * @throws Ownership.OwnedByOtherException if another daemon uses them
   */
  public void claim(Ownership ownership) throws IOException {
    Cgroup own = mount.at(driver.ownPath());
    if (!own.exists()) {
      create(shims());
    }
    ownership.claim(own, "cgroup.root");
    create(shims());
    create(rehearsals());
  }

  /**
   * The existing cgroups of sandboxes whose requests named no parent, by sandbox id. A cgroup that
   * somebody else has made is not among them. One that is empty may be jukung's own: a daemon that
   * is killed between making a cgroup and marking it leaves such a cgroup.
   */
  public Map<String, Cgroup> ownPods() throws IOException {
    Cgroup own = mount.at(driver.ownPath());
    Map<String, Cgroup> pods = new LinkedHashMap<>();
    for (String name : own.children()) {
      String id = driver.sandboxOf(name);
      Cgroup pod = own.child(name);
      if (ObjectId.isValid(id)) {
        if (driver.hasMade(pod) || !pod.isPopulated()) {
          pods.put(id, pod);
        } else {
          LOG.warn("{} has processes and was made by somebody else, and stays", pod);
        }
      }
    }
    return pods;
  }

  /**
   * Removes one of {@link #ownPods}. Processes are killed only in a cgroup that jukung has made.
   */
  public void sweep(Cgroup pod) throws IOException {
    if (driver.hasMade(pod)) {
      remove(pod);
    } else {
      pod.removeIfEmpty();
    }
  }

  /** Kills every process in the cgroup and removes the cgroup. */
  public void remove(Cgroup cgroup) throws IOException {
    cgroup.kill();
    cgroup.remove(REMOVE_WAIT);
  }

  /**
   * Removes what the stop of a sandbox has left because it was in use: a cgroup above that of the
   * pod, which the request has named. The pod's own cgroup is never left.
   */
  public void removeLeftParents(SandboxRecord stopped) throws IOException {
    if (!isOwn(stopped)) {
      removeEmptyParents(stopped);
    }
  }

  /** Removes the pod's cgroup and those above it, as far as jukung made them and they are empty. */
  public void removeEmptyParents(SandboxRecord sandbox) throws IOException {
    if (isOwn(sandbox)) {
      // Its name shows that jukung made it, even if a daemon was killed before it could mark it.
      pod(sandbox).remove(REMOVE_WAIT);
    }
    driver.removeUnused(pod(sandbox));
  }

  /** Removes the cgroups of the shims and of rehearsals, unless a process is in them. */
  public void removeUnusedShims() throws IOException {
    rehearsals().removeUnused();
    driver.removeUnused(shims());
  }

  /**
   * Refuses limits that this host cannot set, before anything is created for the container.
   *
   * @throws CriException FAILED_PRECONDITION if a controller is missing and the configuration does
   *     not say to ignore that
   */
  public void check(List<CgroupSetting> settings) {
    for (CgroupSetting setting : settings) {
      if (!setting.optional() && !mount.controllers().contains(setting.controller())) {
        reportMissing(setting);
      }
    }
  }

  /**
   * Sets the limits of a cgroup.
   *
   * @throws CriException FAILED_PRECONDITION as {@link #check}
   */
  public void apply(Cgroup cgroup, List<CgroupSetting> settings) throws IOException {
    for (CgroupSetting setting : settings) {
      if (cgroup.has(setting.file())) {
        cgroup.write(setting.file(), setting.value());
      } else if (!setting.optional()) {
        checkExists(cgroup);
        reportMissing(setting);
      }
    }
  }

  /** A control file can also be missing because the cgroup was removed. */
  private static void checkExists(Cgroup cgroup) throws IOException {
    if (!cgroup.exists()) {
      throw new IOException("set limits of " + cgroup + ": it does not exist");
    }
  }

  /** Lets the processes in the cgroup use only the devices that the rules allow. */
  public void limitDevices(Cgroup cgroup, List<Spec.DeviceRule> rules) throws IOException {
    Optional<List<DeviceFilter.Allowed>> allowed = DeviceAccess.of(rules);
    if (allowed.isPresent()) {
      DeviceFilter.attach(cgroup, allowed.get());
    }
  }

  /**
   * Changes limits that are in force. The rollback restores the values from before.
   *
   * @throws CriException FAILED_PRECONDITION as {@link #check}
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
        checkExists(cgroup);
        reportMissing(setting);
      }
    }
  }

  /** Throws or logs, as the configuration says. */
  private void reportMissing(CgroupSetting setting) {
    String problem =
        setting.field()
            + " is set, but the cgroup v2 hierarchy of this host has no "
            + setting.file()
            + " (controllers: "
            + String.join(" ", new TreeSet<>(mount.controllers()))
            + ")";
    switch (missing) {
      case ERROR -> throw new CriException(ErrorKind.FAILED_PRECONDITION, problem);
      case IGNORE -> {
        if (warned.add(setting.file())) {
          LOG.warn("{}; the limit is not enforced", problem);
        }
      }
    }
  }
}
