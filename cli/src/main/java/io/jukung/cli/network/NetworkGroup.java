package io.jukung.cli.network;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.CommandGroup;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code jukung network}: docker's group of the commands about networks. */
@Command(
    name = "network",
    description = "The commands about networks, in which containers find each other by name.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class NetworkGroup extends CommandGroup {
  private NetworkGroup(CommandContext context) {
    super(context);
  }

  /** Makes the command with its subcommands. */
  public static CommandLine of(CommandContext context) {
    return new CommandLine(new NetworkGroup(context))
        .addSubcommand("create", new NetworkCreate(context))
        .addSubcommand("ls", new NetworkList(context))
        .addSubcommand("inspect", new NetworkInspect(context))
        .addSubcommand("rm", new NetworkRemove(context))
        .addSubcommand("prune", new NetworkPrune(context))
        .addSubcommand("connect", new NetworkConnect(context))
        .addSubcommand("disconnect", new NetworkDisconnect(context));
  }
}
