package io.jukung.runtime.files;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Opens the root directories of containers. A running container's root is that of its first
 * process, with its volumes. The root of a container that does not run is mounted for the time of
 * the work, and the container is not started meanwhile. Thread-safe.
 *
 * <p>What is looked up below a root must be looked up by {@link io.jukung.linux.fs.Openat2}, since
 * the container chooses the links in it.
 */
public final class ContainerRoots {
  /** How many containers are worked on at a time. Each has a platform thread. */
  private static final int MAX_AT_ONCE = 16;

  /** The walk of a tree takes a frame for each directory. */
  private static final long STACK_BYTES = 4 << 20;

  private final OwnContainers own;
  private final SandboxStore sandboxes;
  private final ContainerImages images;
  private final PodCgroups cgroups;
  private final StatePaths paths;
  private final NamedLocks lives;
  private final Semaphore room = new Semaphore(MAX_AT_ONCE);

  /**
   * @param lives held while a container is started, by container id
   */
  public ContainerRoots(
      OwnContainers own,
      SandboxStore sandboxes,
      ContainerImages images,
      PodCgroups cgroups,
      StatePaths paths,
      NamedLocks lives) {
    this.own = own;
    this.sandboxes = sandboxes;
    this.images = images;
    this.cgroups = cgroups;
    this.paths = paths;
    this.lives = lives;
  }

  /** Work on an open root directory, which is closed afterwards. */
  @FunctionalInterface
  interface Work<T> {
    T on(Fd root) throws IOException, InterruptedException;
  }

  /**
   * Does work on the root of a container, on a platform thread: the container may have mounted a
   * file system that never answers. The caller waits, and can be interrupted; the work goes on then
   * until it notices.
   *
   * @param what for the error text
   * @throws CriException UNAVAILABLE if too many containers are worked on
   */
  <T> T with(Container container, String what, Work<T> work)
      throws IOException, InterruptedException {
    if (!room.tryAcquire()) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          what + ": files of " + MAX_AT_ONCE + " containers are being copied, try again later");
    }
    FutureTask<T> task = new FutureTask<>(releasing(() -> run(container, what, work)));
    Thread.ofPlatform()
        .daemon()
        .name(what + " " + container.id())
        .stackSize(STACK_BYTES)
        .start(task);
    try {
      return task.get();
    } catch (InterruptedException e) {
      task.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw Failures.rethrow(what, e.getCause());
    }
  }

  private <T> Callable<T> releasing(Callable<T> work) {
    return () -> {
      try {
        return work.call();
      } finally {
        room.release();
      }
    };
  }

  private <T> T run(Container container, String what, Work<T> work)
      throws IOException, InterruptedException {
    if (container.status().mayRun()) {
      try (Fd root = ofRunning(container, what)) {
        return work.on(root);
      }
    }
    try (NamedLocks.Held _ = lives.acquire(container.id())) {
      requireStopped(container, what);
      try (Fd root = ofStopped(container)) {
        return work.on(root);
      }
    }
  }

  /** The ids that the container has: those of files in its root are other ones for the host. */
  OwnerMap owners(Container container) {
    return OwnerMap.of(ids(container));
  }

  private @Nullable IdMappings ids(Container container) {
    return sandboxes.get(container.record().sandboxId()).record().config().user();
  }

  /** A start by CRI does not wait for the work, so it must be impossible. */
  private void requireStopped(Container container, String what) {
    ContainerStatusRecord status = container.status();
    if (status.mayRun() || (status.isCreated() && !own.isOwn(container))) {
      throw CriException.failedPrecondition(
          what + ": container " + container.id() + " is being started, try again later");
    }
  }

  private Fd ofRunning(Container container, String what) throws IOException {
    int pid = container.status().pid();
    try (Pidfd process = Pidfd.open(pid)) {
      // Looked up while the pidfd is open, so that the pid means the same process.
      if (cgroups.at(container.record().cgroup()).allProcesses().contains(pid)) {
        Fd root = HostFile.openDirectory(Path.of("/proc", Integer.toString(pid), "root"));
        if (process.isRunning()) {
          return root;
        }
        root.close();
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH) && !e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    throw CriException.failedPrecondition(
        what + ": container " + container.id() + " has just ended, try again");
  }

  private Fd ofStopped(Container container) throws IOException {
    ContainerRecord record = container.record();
    List<Path> lowers = lowers(record);
    Path upper = upper(record);
    Path work = paths.containerWork(record.id());
    IdMappings ids = ids(container);
    if (ids == null) {
      return OverlayMount.detached(lowers, upper, work);
    }
    // That of the pod has ended with its last container.
    try (Fd users = NamespacePins.openUserNamespace(ids)) {
      return OverlayMount.detachedIn(users, lowers, upper, work);
    }
  }

  /** The layers of the image below the writable one, mounted if the node was restarted since. */
  List<Path> lowers(ContainerRecord record) throws IOException {
    var _ = images.acquire(record.imageId(), record.id());
    return record.lowerDirectories().stream().map(Path::of).toList();
  }

  Path upper(ContainerRecord record) {
    return paths.containerUpper(record.id());
  }
}
