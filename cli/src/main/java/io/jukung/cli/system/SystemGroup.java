package io.jukung.cli.system;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung system}: the commands about all that the daemon keeps. */
@Command(
    name = "system",
    description = "The commands about all that the daemon keeps on this node.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class SystemGroup extends CommandGroup {
  private SystemGroup(CommandContext context) {
    super(context);
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
}
