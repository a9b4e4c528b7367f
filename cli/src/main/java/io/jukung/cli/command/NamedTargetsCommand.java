package io.jukung.cli.command;

import io.grpc.StatusRuntimeException;
import java.util.List;

/**
 * A command that does one thing to each object whose name stands on the command line, and prints
 * the name where it succeeded. Where it failed, the reason is printed and the next object follows.
 */
public abstract class NamedTargetsCommand extends ClientCommand {
  protected NamedTargetsCommand(CommandContext context) {
    super(context);
  }

  /** The names on the command line. */
  protected abstract List<String> targets();

  /**
   * Does the command's one thing.
   *
   * @throws CliException where the object does not exist or is in the wrong state
   */
  protected abstract void apply(Connection connection, String target) throws InterruptedException;

  @Override
  protected final int run(Connection connection) throws InterruptedException {
    int exitCode = ExitCode.OK;
    for (String target : targets()) {
      try {
        apply(connection, target);
        out().println(target);
      } catch (CliException e) {
        environment.printError(e.getMessage());
        exitCode = ExitCode.FAILED;
      } catch (StatusRuntimeException e) {
        environment.printError(connection.sentence(e));
        exitCode = ExitCode.FAILED;
      }
    }
    return exitCode;
  }
}
