package io.jukung.cli.build;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung builder}: docker's group of the commands about the build cache. */
@Command(
    name = "builder",
    description = "The commands about the cache of builds.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class BuilderGroup extends CommandGroup {
  private BuilderGroup(CommandContext context) {
    super(context);
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new BuilderGroup(context))
        .addSubcommand("du", new BuilderUsage(context))
        .addSubcommand("prune", new BuilderPrune(context));
  }
}
