package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jukung image}: docker's group of the commands about images. */
@Command(
    name = "image",
    description = "The commands about images that have no name of their own.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class ImageGroup implements Runnable {
  private final CommandContext context;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  private ImageGroup(CommandContext context) {
    this.context = context;
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new ImageGroup(context)).addSubcommand("prune", new ImagePrune(context));
  }

  @Override
  public void run() {
    spec.commandLine().usage(context.environment().out());
  }
}
