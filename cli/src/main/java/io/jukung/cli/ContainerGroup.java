package io.jukung.cli;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import io.jukung.cli.container.ContainerPrune;
import io.jukung.cli.ps.Ps;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung container}: the commands about containers that have no name of their own. */
@Command(
    name = "container",
    description = "The commands about containers that have no name of their own.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
final class ContainerGroup extends CommandGroup {
  private ContainerGroup(CommandContext context) {
    super(context);
  }

  /** Makes the command with its subcommands. */
  static CommandLine of(CommandContext context) {
    return new CommandLine(new ContainerGroup(context))
        .addSubcommand("ls", new Ps(context))
        .addSubcommand("prune", new ContainerPrune(context));
  }
}
