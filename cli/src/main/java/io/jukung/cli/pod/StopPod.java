package io.jukung.cli.pod;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung stopp}: stops pods. */
@Command(
    name = "stopp",
    description = "Stops pods: kills their containers and releases their network addresses.",
    mixinStandardHelpOptions = true)
public final class StopPod extends NamedTargetsCommand {
  @Parameters(arity = "1..*", paramLabel = "POD")
  List<String> pods = List.of();

  public StopPod(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return pods;
  }

  @Override
  protected void apply(Connection connection, String name) {
    PodTeardown.stop(connection, Lookup.pod(connection, name).getId());
  }
}
