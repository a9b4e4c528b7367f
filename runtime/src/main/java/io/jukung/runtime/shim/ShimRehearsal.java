package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Lets a spare shim live through one pod that does nothing, so that the first real pod finds the
 * classes of the shim loaded and linked: adoption, a launch in namespaces of its own, an exit, and
 * the recycling.
 *
 * <p>The launched process has a cgroup of its own. The end of a rehearsal kills what is in that
 * cgroup and removes it, so that nothing is left if the shim is killed at any step; after that, the
 * kernel starts nothing in it any more. If the daemon is killed, the next daemon does the same.
 */
final class ShimRehearsal {
  /** No pod has this id. */
  static final String SANDBOX = "rehearsal";

  private static final String CONTAINER = "rehearsal-process";

  /** A process that was killed ends in milliseconds; the priority of the shim is low. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration POLL_INTERVAL = Duration.ofMillis(2);

  /** A process may enter the cgroup between the kill and the removal, but not again and again. */
  private static final int KILLS = 3;

  private static final Duration REMOVE_WAIT = Duration.ofSeconds(2);

  private final LaunchPlan plan;
  private final Cgroup cgroups;
  private final ShimRecycler recycler;
  private final ShimStarter starter;

  /**
   * A rehearsal.
   *
   * @param settings what is launched, and the cgroup in which each rehearsal has one of its own
   */
  ShimRehearsal(ShimPool.Rehearsal settings, ShimRecycler recycler, ShimStarter starter) {
    this.plan = settings.plan();
    this.cgroups = settings.cgroups();
    this.recycler = recycler;
    this.starter = starter;
  }

  /**
   * Rehearses with a spare, which is of no use any more afterwards.
   *
   * @return the spare that it has become
   */
  ShimClient run(ShimClient spare) throws Failed {
    try {
      return live(spare).orElseThrow(() -> new IOException("it could not be used again"));
    } catch (IOException | CriException e) {
      throw new Failed(spare + " has failed its rehearsal: " + e.getMessage(), e);
    }
  }

  /** A spare could not rehearse. The spare is of no use. */
  static final class Failed extends IOException {
    private static final long serialVersionUID = 1L;

    private Failed(String message, Exception cause) {
      super(message, cause);
    }
  }

  private Optional<ShimClient> live(ShimClient spare) throws IOException {
    Path before = spare.socketPath();
    Path socket = starter.newSocket();
    try {
      spare.adopt(SANDBOX, socket);
      recycler.adopted(spare);
      Cgroup own = cgroups.child(String.valueOf(socket.getFileName()));
      own.createPlain();
      try (Closeable _ = () -> end(own)) {
        launch(spare, socket, own);
      }
      return recycler.recycle(spare);
    } finally {
      ShimStarter.deleteFiles(before);
      ShimStarter.deleteFiles(socket);
    }
  }

  /** Kills the processes of a rehearsal and removes its cgroup. */
  static void end(Cgroup own) throws IOException {
    for (int kills = 1; ; kills++) {
      own.kill();
      try {
        own.remove(REMOVE_WAIT);
        return;
      } catch (ErrnoException e) {
        if (!e.is(Errno.EBUSY) || kills == KILLS) {
          throw e;
        }
      }
    }
  }

  private void launch(ShimClient spare, Path socket, Cgroup own) throws IOException {
    Path state = Files.createDirectory(socket.resolveSibling(socket.getFileName() + ".state"));
    try {
      PodShim.Started process =
          spare.start(
              StartContainer.newBuilder()
                  .setContainerId(CONTAINER)
                  .setPlan(plan.toBuilder().setCgroup(own.directory().toString()))
                  .setStateDirectory(state.toString())
                  .build());
      kill(process.pid());
      awaitExit(spare);
    } finally {
      Files.deleteIfExists(state.resolve("exit.json"));
      Files.deleteIfExists(state);
    }
  }

  private static void kill(int pid) throws ErrnoException {
    try (Pidfd process = Pidfd.open(pid)) {
      process.send(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) { // it has ended
        throw e;
      }
    }
  }

  /** Ends the process of a rehearsal that an earlier daemon did not complete. */
  static void abandon(ShimClient rehearsing) throws IOException {
    for (ContainerProcess each : rehearsing.list()) {
      rehearsing.signal(each.getContainerId(), Signals.SIGKILL);
    }
    awaitExit(rehearsing);
  }

  private static void awaitExit(ShimClient spare) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (spare.list().stream().anyMatch(each -> !each.hasExit())) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("the process of a rehearsal does not end");
      }
      try {
        Thread.sleep(POLL_INTERVAL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("a rehearsal was cancelled", e);
      }
    }
  }
}
