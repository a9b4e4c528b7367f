package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.CheckpointContainerResponse;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.checkpoint.Checkpoints;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * CheckpointContainer: writes the memory and the files of a running container into an archive. The
 * container runs on.
 */
public final class CheckpointContainer {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final Checkpoints checkpoints;

  public CheckpointContainer(
      SandboxStore sandboxes, ContainerStore containers, Checkpoints checkpoints) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.checkpoints = checkpoints;
  }

  /**
   * Answers when the archive is there. When the time is over, or the caller has left, CRIU goes on
   * to its end, because its code is in the processes of the container; the archive does not appear
   * then.
   */
  public CheckpointContainerResponse call(CheckpointContainerRequest request)
      throws IOException, InterruptedException {
    Path location = location(request.getLocation());
    if (request.getTimeout() < 0) {
      throw CriException.invalidArgument("CheckpointContainer: timeout is below 0");
    }
    Container container = containers.get(request.getContainerId());
    check(container.record());
    if (!container.status().isRunning()) {
      throw CriException.failedPrecondition(
          "CheckpointContainer: container "
              + container.id()
              + " is not running but "
              + container.status().state());
    }
    checkpoints.requireCriu();
    AtomicBoolean decided = new AtomicBoolean();
    FutureTask<Boolean> made =
        new FutureTask<>(
            () -> {
              checkpoints.make(container, location, () -> decided.compareAndSet(false, true));
              return true;
            });
    Thread.ofPlatform().daemon().name("checkpoint of " + container.id()).start(made);
    try {
      if (!await(made, request.getTimeout()) && decided.compareAndSet(false, true)) {
        throw new CriException(
            ErrorKind.DEADLINE_EXCEEDED,
            "CheckpointContainer: container "
                + container.id()
                + " is not dumped after "
                + request.getTimeout()
                + " s; no archive will appear");
      }
      await(made, 0); // the archive is about to appear
      return CheckpointContainerResponse.getDefaultInstance();
    } catch (InterruptedException e) {
      decided.set(true); // the archive that nobody waits for does not appear, or has appeared
      throw e;
    }
  }

  /**
   * Waits for the end.
   *
   * @param timeoutSeconds 0: for ever
   * @return whether it has ended
   */
  private static boolean await(FutureTask<Boolean> made, long timeoutSeconds)
      throws IOException, InterruptedException {
    try {
      return timeoutSeconds == 0 ? made.get() : made.get(timeoutSeconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw Failures.rethrow("CheckpointContainer", Failures.cause(e));
    }
  }

  private static Path location(String text) {
    Path location = Path.of(text);
    if (!location.isAbsolute() || location.getFileName() == null) {
      throw CriException.invalidArgument(
          "CheckpointContainer: location \"" + text + "\" is not the absolute path of a file");
    }
    return location;
  }

  /** Refuses what CRIU could dump but nobody could restore. */
  private void check(ContainerRecord container) {
    SandboxRecord sandbox = sandboxes.get(container.sandboxId()).record();
    if (!sandbox.runtimeHandler().isEmpty()) {
      throw unimplemented(
          container, "runs in a pod of the runtime handler " + sandbox.runtimeHandler());
    }
    if (container.tty()) {
      throw unimplemented(container, "has a terminal");
    }
    if (sandbox.config().user() != null) {
      throw unimplemented(container, "runs in a pod with a user namespace");
    }
    if (container.pidMode() != NamespaceOwner.CONTAINER) {
      throw unimplemented(container, "has no pid namespace of its own");
    }
  }

  private static CriException unimplemented(ContainerRecord container, String why) {
    return new CriException(
        ErrorKind.UNIMPLEMENTED,
        "CheckpointContainer is not implemented for container "
            + container.id()
            + ", which "
            + why);
  }
}
