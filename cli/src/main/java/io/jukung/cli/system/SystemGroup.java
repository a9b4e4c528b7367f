package io.jukung.cli.system;

import io.jukung.cli.command.CommandContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jukung system}: the commands about all that the daemon keeps. */
@Command(
    name = "system",
    description = "The commands about all that the daemon keeps on this node.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class SystemGroup implements Runnable {
  private final CommandContext context;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private SystemGroup(CommandContext context) {
    this.context = context;
  }

  /**
   * Makes the command with its subcommands.
   *
   * @param info the command {@code info}, which is one of these, too
   */
  public static CommandLine of(CommandContext context, Object info) {
    return new CommandLine(new SystemGroup(context))
        .addSubcommand("df", new SystemDf(context))
        .addSubcommand("info", info)
        .addSubcommand("prune", new SystemPrune(context));
  }

  @Override
  public void run() {
    spec.commandLine().usage(context.environment().out());
  }
}
