package io.jukung.cli.command;

import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;

/**
 * A command that talks to the daemon over one connection, which is closed when the command ends.
 */
public abstract class ClientCommand implements Callable<Integer> {
  protected final CliEnvironment environment;
  private final CommandContext context;

  protected ClientCommand(CommandContext context) {
    this.context = context;
    this.environment = context.environment();
  }

  @Override
  public final Integer call() throws IOException, InterruptedException {
    checkOptions();
    try (Connection connection = context.connect()) {
      return run(connection);
    }
  }

  /**
   * Refuses options that contradict each other or make no sense, before the daemon is contacted.
   *
   * @throws CliException with the exit code for wrong usage
   */
  protected void checkOptions() {}

  /** Returns the exit code. */
  protected abstract int run(Connection connection) throws IOException, InterruptedException;

  protected final PrintStream out() {
    return environment.out();
  }
}
