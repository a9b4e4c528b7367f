package io.jukung.cli.run;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.pod.PodTeardown;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jukung create}: makes a container that {@code jukung start} starts. */
@Command(
    name = "create",
    description =
        "Makes a container in a pod of its own, prints its ID, and does not start it: `jukung"
            + " start` does.",
    sortOptions = false)
public final class Create extends ClientCommand {
  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  RunOptions options;

  // -h is the host name, as in docker create.
  @Option(names = "--help", usageHelp = true, description = "Print this help.")
  boolean help;

  public Create(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (options.detach) {
      throw CliException.usage("-d is an option of run: create starts nothing");
    }
    if (options.remove) {
      throw CliException.usage("--rm is an option of run: nobody would be there to remove it");
    }
    ContainerMaker.checkName(options);
  }

  @Override
  protected int run(Connection connection) throws IOException {
    try {
      ContainerMaker.Made made = new ContainerMaker(options, environment).make(connection);
      // A container that does not run holds neither an address nor ports.
      PodTeardown.stop(connection, made.podId());
      out().println(made.id());
      return ExitCode.OK;
    } catch (StatusRuntimeException e) {
      throw connection.startFailure(e, ExitCode.USAGE);
    }
  }
}
