package io.jukung.engine.stream;

import io.jukung.cri.log.LogFile;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.Daemon;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The next run of a container that has ended: {@code docker start -a} attaches before it starts the
 * container. Used by one thread.
 */
final class NextRun {
  private static final Duration INTERVAL = Duration.ofMillis(50);

  /** A client starts the container at once. One that is gone would otherwise be waited for. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Daemon daemon;
  private final String id;
  private final long startedBefore;
  private final Frames frames;
  private final LogOutput output;

  /**
   * @param ended the container's status now
   * @param client gets the frames of {@link #follow}
   */
  NextRun(Daemon daemon, ContainerStatus ended, OutputStream client, StreamSession.Wanted wanted) {
    this.frames = new Frames(client, wanted.raw());
    this.output = new LogOutput(frames, wanted.stdout(), wanted.stderr(), false, null, null);
    this.daemon = daemon;
    this.id = ended.getId();
    this.startedBefore = ended.getStartedAt();
  }

  private boolean hasStarted(ContainerStatus status) {
    return status.getStartedAt() > startedBefore;
  }

  private static boolean runs(ContainerStatus status) {
    return status.getState() == ContainerState.CONTAINER_RUNNING;
  }

  /** Waits for the start; returns false if the container was not started, or has ended again. */
  boolean await() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      Optional<ContainerStatus> status = daemon.status(id);
      if (status.isEmpty() || hasStarted(status.get())) {
        return status.filter(NextRun::runs).isPresent();
      }
      Thread.sleep(INTERVAL);
    }
    return false;
  }

  /** Opens the log at its end, so that what the next run writes is read from there. */
  LogFile log(Path file) throws IOException {
    LogFile log = new LogFile(file, output::line);
    boolean ready = false;
    try {
      var _ = log.skipToLast(0);
      ready = true;
      return log;
    } finally {
      if (!ready) {
        log.close();
      }
    }
  }

  /**
   * Sends what the next run writes, until it has ended.
   *
   * @throws IOException if the client is gone, which is noticed within {@link StreamSession#LOOK}
   *     where the client gets frames
   */
  void follow(LogFile log) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long look = System.nanoTime() + StreamSession.LOOK.toNanos();
    boolean started = false;
    try {
      while (true) {
        // The status is asked for before the log is read: see LogRoutes.
        Optional<ContainerStatus> status = daemon.status(id);
        started |= status.filter(this::hasStarted).isPresent();
        boolean over = status.filter(each -> !hasStarted(each) || runs(each)).isEmpty();
        if (over || (!started && System.nanoTime() - deadline >= 0)) {
          log.readRest();
          return;
        }
        var _ = log.read();
        if (System.nanoTime() - look >= 0) {
          frames.writeNothing();
          look = System.nanoTime() + StreamSession.LOOK.toNanos();
        }
        Thread.sleep(INTERVAL);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
