package io.jukung.runtime.cgroup;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * systemd's tree: in the slice that kubelet names, a transient scope for each pod, delegated to
 * jukung. What is inside the scope is jukung's alone: limits are written there, and a daemon-reload
 * leaves them.
 *
 * <pre>
 *   kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/   kubelet's
 *     jukung-SANDBOX.scope/                                                    systemd's, delegated
 *       hold/                    the process without which the scope would be over
 *       pod/CONTAINER/           jukung's
 * </pre>
 */
public final class SystemdDriver implements CgroupDriver {
  private static final String SCOPE = ".scope";

  /** systemd does this in milliseconds, unless it is stuck. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int LOCKS = 64;

  private static final Duration POLL_INTERVAL = Duration.ofMillis(1);

  private final CgroupMount mount;
  private final SliceName own;
  private final SystemdUnits units;

  /** By the hash of the scope's name: a few scopes wait for each other, and none is forgotten. */
  private final List<ReentrantLock> locks =
      Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

  private final Map<String, Integer> holders = new ConcurrentHashMap<>();

  /**
   * Works with these.
   *
   * @param root as a path or a slice, the parent of pods that name none
   */
  public SystemdDriver(CgroupMount mount, String root, SystemdUnits units) {
    this.mount = mount;
    this.own = SliceName.parse(root);
    this.units = units;
  }

  @Override
  public io.jukung.cri.v1.CgroupDriver kind() {
    return io.jukung.cri.v1.CgroupDriver.SYSTEMD;
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

  private String scope(String name) {
    return own.stem() + "-" + name + SCOPE;
  }

  @Override
  public void prepare(String path) throws IOException {
    Cgroup scope = scopeOf(path);
    String name = String.valueOf(scope.directory().getFileName());
    ReentrantLock lock = lock(name);
    lock.lock();
    try {
      if (!scope.exists()) {
        start(scope, name);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The cgroup of the scope that a path of ours leads through. */
  private Cgroup scopeOf(String path) {
    int end = path.indexOf(SCOPE + "/") + SCOPE.length();
    if (end < SCOPE.length()) {
      throw new IllegalArgumentException("cgroup " + path + " is in no scope of ours");
    }
    return mount.at(path.substring(0, end));
  }

  private void start(Cgroup scope, String name) throws IOException {
    String path = scope.path();
    String slice = path.substring(0, path.lastIndexOf('/'));
    slice = slice.isEmpty() ? "-.slice" : slice.substring(slice.lastIndexOf('/') + 1);
    ScopeHolder holder = ScopeHolder.launch();
    boolean held = false;
    try {
      units.startScope(name, slice, "jukung " + name, holder.pid());
      await(
          "the start of " + name, () -> scope.exists() && scope.processes().contains(holder.pid()));
      // A cgroup with processes of its own hands no controllers down.
      Cgroup hold = scope.child("hold");
      hold.createPlain();
      hold.attach(holder.pid());
      holders.put(name, holder.pid());
      held = true;
    } finally {
      if (held) {
        holder.release();
      } else {
        holder.end();
      }
    }
  }

  private ReentrantLock lock(String scope) {
    return locks.get(Math.floorMod(scope.hashCode(), LOCKS));
  }

  /** Not while the scope is started: a container may be on its way into it. */
  @Override
  public void removeUnused(Cgroup pod) throws IOException {
    Cgroup scope = scopeOf(pod.path());
    String name = String.valueOf(scope.directory().getFileName());
    ReentrantLock lock = lock(name);
    lock.lock();
    try {
      pod.removeUnused();
      if (!pod.exists() && scope.exists()) {
        end(scope, name);
      }
    } finally {
      lock.unlock();
    }
  }

  private void end(Cgroup scope, String name) throws IOException {
    scope.kill();
    stop(scope, name);
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
      refusal = e; // it may have been over already, as nothing runs in it
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

  private static void await(String what, Condition condition) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "systemd: " + what + ": not done after " + PATIENCE.toSeconds() + " s");
      }
      LockSupport.parkNanos(POLL_INTERVAL.toNanos());
    }
  }

  @Override
  public void close() {
    units.close();
  }
}
