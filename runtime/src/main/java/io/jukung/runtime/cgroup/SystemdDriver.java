package io.jukung.runtime.cgroup;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.runtime.call.NamedLocks;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks systemd for a transient scope for each pod, in the slice that kubelet names. systemd
 * delegates the scope to jukung: limits are written inside it, where {@code systemctl
 * daemon-reload} does not reset them.
 *
 * <pre>
 *   kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/   managed by kubelet
 *     jukung-SANDBOX.scope/                  made by systemd, delegated to jukung
 *       hold/                                the process that keeps the scope alive
 *       pod/CONTAINER/                       made by jukung
 * </pre>
 */
public final class SystemdDriver implements PodCgroupDriver {
  private static final String SCOPE = ".scope";

  /** The cgroup in a scope of the process that keeps the scope alive. */
  private static final String HOLD = "hold";

  /** systemd starts and stops a scope within milliseconds, unless it hangs. */
  private static final Duration SCOPE_LIMIT = Duration.ofSeconds(10);

  private static final Duration POLL_INTERVAL = Duration.ofMillis(1);

  private final CgroupMount mount;
  private final SliceName own;
  private final SystemdUnits units;
  private final Duration scopeLimit;

  /**
   * Held by scope name while systemd starts or stops the scope. A systemd that hangs holds up only
   * calls about the same pod.
   */
  private final NamedLocks locks = new NamedLocks();

  /** The pids of the holders that this daemon has started and not yet reaped, by scope name. */
  private final Map<String, Integer> holders = new ConcurrentHashMap<>();

  /**
   * A driver for pods in this hierarchy.
   *
   * @param root the parent of pods whose requests name no parent, as a path or a slice
   */
  public SystemdDriver(CgroupMount mount, String root, SystemdUnits units) {
    this(mount, root, units, SCOPE_LIMIT);
  }

  SystemdDriver(CgroupMount mount, String root, SystemdUnits units, Duration scopeLimit) {
    this.mount = mount;
    this.own = SliceName.parse(root);
    this.units = units;
    this.scopeLimit = scopeLimit;
  }

  @Override
  public CgroupDriver kind() {
    return CgroupDriver.SYSTEMD;
  }

  @Override
  public String parent(String requested) {
    return SliceName.parse(requested).name();
  }

  @Override
  public String podPath(String parent, String sandboxId) {
    SliceName slice = parent.isEmpty() ? own : new SliceName(parent);
    return slice.path() + "/" + scope(sandboxId) + "/pod";
  }

  @Override
  public String parentOf(String sandboxId, String podPath) {
    int slice = podPath.indexOf("/" + scope(sandboxId) + "/");
    if (slice <= 0 || podPath.equals(podPath("", sandboxId))) {
      return "";
    }
    String path = podPath.substring(0, slice);
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public String shimsPath() {
    return own.path() + "/" + scope("shims") + "/shims";
  }

  @Override
  public String ownPath() {
    return own.path();
  }

  @Override
  public String sandboxOf(String name) {
    String prefix = own.stem() + "-";
    return name.startsWith(prefix) && name.endsWith(SCOPE)
        ? name.substring(prefix.length(), name.length() - SCOPE.length())
        : "";
  }

  /** systemd makes the scope, and jukung what is inside: the holder's cgroup comes first. */
  @Override
  public boolean hasMade(Cgroup pod) throws IOException {
    return pod.child(HOLD).exists();
  }

  private String scope(String name) {
    return own.stem() + "-" + name + SCOPE;
  }

  @Override
  public void prepare(String path) throws IOException {
    Cgroup scope = scopeOf(path);
    String name = String.valueOf(scope.directory().getFileName());
    try (NamedLocks.Held _ = locks.acquire(name)) {
      if (!scope.exists()) {
        reapHolder(name);
        start(scope, name);
      }
    }
  }

  /** The cgroup of the scope in which the path lies. */
  private Cgroup scopeOf(String path) {
    int end = path.indexOf(SCOPE + "/") + SCOPE.length();
    if (end < SCOPE.length()) {
      throw new IllegalArgumentException("cgroup " + path + " is not in a scope of jukung");
    }
    return mount.at(path.substring(0, end));
  }

  private void start(Cgroup scope, String name) throws IOException {
    String path = scope.path();
    String slice = path.substring(0, path.lastIndexOf('/'));
    slice = slice.isEmpty() ? "-.slice" : slice.substring(slice.lastIndexOf('/') + 1);
    ScopeHolder holder = ScopeHolder.launch();
    try {
      units.startScope(name, slice, "jukung " + name, holder.pid());
      await(
          "the start of " + name, () -> scope.exists() && scope.processes().contains(holder.pid()));
      // A cgroup that has processes of its own cannot pass controllers on to its children.
      Cgroup hold = scope.child(HOLD);
      hold.createPlain();
      hold.attach(holder.pid());
      holder.keep();
    } catch (Throwable e) {
      try {
        holder.end();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    holders.put(name, holder.pid());
    holder.release();
  }

  /** Waits while the scope is being started, as a container is about to be put into it. */
  @Override
  public void removeUnused(Cgroup pod) throws IOException {
    Cgroup scope = scopeOf(pod.path());
    String name = String.valueOf(scope.directory().getFileName());
    try (NamedLocks.Held _ = locks.acquire(name)) {
      pod.removeUnused();
      if (!pod.exists()) {
        if (scope.exists()) {
          scope.kill();
          stop(scope, name);
        }
        reapHolder(name);
      }
    }
  }

  /** Reaps the holder of a scope that is gone, whether jukung or the kernel ended the scope. */
  private void reapHolder(String name) throws IOException {
    Integer holder = holders.remove(name);
    if (holder != null) {
      ScopeHolder.reap(holder);
    }
  }

  private void stop(Cgroup scope, String name) throws IOException {
    IOException refusal = null;
    try {
      units.stop(name);
    } catch (IOException e) {
      refusal = e; // the scope may have ended by itself, as no process is left in it
    }
    try {
      await("the end of " + name, () -> !scope.exists());
    } catch (IOException e) {
      if (refusal != null) {
        e.addSuppressed(refusal);
      }
      throw e;
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException;
  }

  /**
   * Waits also in a thread that is interrupted: a scope must not be left half started or half
   * ended.
   */
  private void await(String what, Condition condition) throws IOException {
    long deadline = System.nanoTime() + scopeLimit.toNanos();
    boolean interrupted = false;
    try {
      while (!condition.holds()) {
        if (System.nanoTime() - deadline > 0) {
          throw new IOException(
              "systemd: " + what + ": not done after " + scopeLimit.toSeconds() + " s");
        }
        interrupted |= Thread.interrupted(); // an interrupted thread would not park, but spin
        LockSupport.parkNanos(POLL_INTERVAL.toNanos());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    units.close();
  }
}
