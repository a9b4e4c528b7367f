package io.jukung.cli.volume;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung volume}: docker's group of the commands about volumes. */
@Command(
    name = "volume",
    description = "The commands about volumes: directories with a name that outlive containers.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class VolumeGroup extends CommandGroup {
  private VolumeGroup(CommandContext context) {
    super(context);
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new VolumeGroup(context))
        .addSubcommand("create", new VolumeCreate(context))
        .addSubcommand("ls", new VolumeList(context))
        .addSubcommand("inspect", new VolumeInspect(context))
        .addSubcommand("rm", new VolumeRemove(context))
        .addSubcommand("prune", new VolumePrune(context));
  }
}
