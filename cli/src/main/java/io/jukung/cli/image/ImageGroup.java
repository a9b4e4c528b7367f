package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung image}: docker's group of the commands about images. */
@Command(
    name = "image",
    description = "The commands about images that have no name of their own.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class ImageGroup extends CommandGroup {
  private ImageGroup(CommandContext context) {
    super(context);
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new ImageGroup(context)).addSubcommand("prune", new ImagePrune(context));
  }
}
