package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jukung container}: the commands about containers that have no name of their own. */
@Command(
    name = "container",
    description = "The commands about containers that have no name of their own.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class ContainerGroup implements Runnable {
  private final CommandContext context;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private ContainerGroup(CommandContext context) {
    this.context = context;
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new ContainerGroup(context))
        .addSubcommand("ls", new Ps(context))
        .addSubcommand("prune", new ContainerPrune(context));
  }

  @Override
  public void run() {
    spec.commandLine().usage(context.environment().out());
  }
}
