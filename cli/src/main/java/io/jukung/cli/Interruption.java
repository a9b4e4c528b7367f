package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.StopContainerRequest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What Ctrl-C does to a container that is being attended: it is stopped, and the process ends only
 * when its last words are printed.
 */
final class Interruption {
  private static final long STOP_GRACE_SECONDS = 10;
  private static final Duration LAST_WORDS = Duration.ofSeconds(30);

  private final CountDownLatch attended = new CountDownLatch(1);
  private final Thread hook;

  private Interruption(Connection connection, Container container) {
    hook = new Thread(() -> stop(connection, container), "interruption");
  }

  static Interruption stopping(Connection connection, Container container) {
    var interruption = new Interruption(connection, container);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  private void stop(Connection connection, Container container) {
    try {
      var _ =
          connection
              .runtime(Connection.CHANGE)
              .stopContainer(
                  StopContainerRequest.newBuilder()
                      .setContainerId(container.getId())
                      .setTimeout(STOP_GRACE_SECONDS)
                      .build());
      var _ = attended.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (StatusRuntimeException e) {
      System.err.println("jukung: " + Connection.sentence(e, connection.socket()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To be called when the container has ended and all is printed. */
  void over() {
    attended.countDown();
    try {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the hook is running: this is what it waits for
    }
  }
}
