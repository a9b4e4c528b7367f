package io.jukung.runtime.server;

import io.jukung.runtime.config.Config;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Opens the server on a thread of its own, while the parts behind its calls are being made: both
 * load many classes.
 */
final class ServerOpening implements AutoCloseable {
  private final FutureTask<CriServer> task;

  private ServerOpening(FutureTask<CriServer> task) {
    this.task = task;
  }

  static ServerOpening begin(ListeningSocket socket, Config.Server settings) {
    FutureTask<CriServer> task = new FutureTask<>(() -> CriServer.open(socket, settings));
    ServerOpening opening = new ServerOpening(task);
    Thread.ofPlatform().daemon().name("open-server").start(opening::run);
    return opening;
  }

  private void run() {
    task.run();
    if (task.state() == Future.State.SUCCESS) {
      var _ = task.resultNow().rehearse(); // nobody waits for this
    }
  }

  /** Waits for the server, which belongs to the caller from now on. */
  CriServer server() throws StartupException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StartupException failure) {
        throw failure;
      }
      throw new StartupException("cannot listen: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartupException("the start of the daemon was interrupted", e);
    }
  }

  /** Closes the server, if one was opened. Closing a server again does nothing. */
  @Override
  public void close() throws InterruptedException {
    try {
      task.get().close();
    } catch (ExecutionException e) {
      // Nothing was opened. The start has failed with this reason, or with an earlier one.
    }
  }
}
