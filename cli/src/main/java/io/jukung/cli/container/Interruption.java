package io.jukung.cli.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.Caller;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Handles Ctrl-C and SIGTERM while a command shows a container's output: a hook stops the
 * container, and the command ends only when the rest of the output is printed.
 */
public final class Interruption {
  /** How long the rest of the output may take once the container has been stopped. */
  private static final Duration PRINTING = Duration.ofSeconds(30);

  private final CountDownLatch printed = new CountDownLatch(1);
  private final Caller caller;
  private final Thread hook;

  private Interruption(
      CliEnvironment environment, Connection connection, String containerId, long graceSeconds) {
    caller = environment.caller();
    hook =
        new Thread(() -> stop(environment, connection, containerId, graceSeconds), "interruption");
  }

  /**
   * Registers the hook.
   *
   * @param graceSeconds what the container has to end after its stop signal
   */
  public static Interruption stopping(
      CliEnvironment environment, Connection connection, String containerId, long graceSeconds) {
    var interruption = new Interruption(environment, connection, containerId, graceSeconds);
    interruption.caller.addEndHook(interruption.hook);
    return interruption;
  }

  private void stop(
      CliEnvironment environment, Connection connection, String containerId, long graceSeconds) {
    try {
      ContainerTeardown.stop(connection, containerId, graceSeconds);
      var _ = printed.await(PRINTING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (StatusRuntimeException e) {
      environment.printError(connection.sentence(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes the hook. To be called when the container has ended and its output is printed. */
  public void over() {
    printed.countDown();
    caller.removeEndHook(hook);
  }
}
