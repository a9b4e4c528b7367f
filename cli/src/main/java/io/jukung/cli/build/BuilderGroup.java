package io.jukung.cli.build;

import io.jukung.cli.command.CommandContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jukung builder}: docker's group of the commands about the build cache. */
@Command(
    name = "builder",
    description = "The commands about the cache of builds.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class BuilderGroup implements Runnable {
  private final CommandContext context;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private BuilderGroup(CommandContext context) {
    this.context = context;
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new BuilderGroup(context))
        .addSubcommand("du", new BuilderUsage(context))
        .addSubcommand("prune", new BuilderPrune(context));
  }

  @Override
  public void run() {
    spec.commandLine().usage(context.environment().out());
  }
}
