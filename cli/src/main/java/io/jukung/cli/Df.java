package io.jukung.cli;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import picocli.CommandLine.Command;

/** {@code jukung df}: prints how much disk space images and containers take. */
@Command(
    name = "df",
    description =
        "Prints the disk space of images and containers, and how much removing unused images would"
            + " free.",
    mixinStandardHelpOptions = true)
final class Df extends ClientCommand {
  Df(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    UsageResponse usage = connection.jukung().usage(UsageRequest.getDefaultInstance());
    Table table = new Table("WHAT", "COUNT", "IN USE", "SIZE", "RECLAIMABLE");
    table.row(
        "images",
        Integer.toString(usage.getImages()),
        Integer.toString(usage.getUsedImages()),
        HumanSize.format(usage.getBlobBytes() + usage.getLayerBytes()),
        HumanSize.format(usage.getReclaimableBytes()));
    table.row("  as fetched", "", "", HumanSize.format(usage.getBlobBytes()), "");
    table.row("  unpacked", "", "", HumanSize.format(usage.getLayerBytes()), "");
    table.row("containers", "", "", HumanSize.format(usage.getContainerBytes()), "");
    table.print(out());
    return ExitCode.OK;
  }
}
