package io.jukung.cli;

import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Tells what takes the disk. */
@Command(
    name = "df",
    description = "What images and containers take on disk, and what would go with unused images.",
    mixinStandardHelpOptions = true)
final class Df implements Runnable {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  Df(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    try (Connection connection = jukung.connect()) {
      UsageResponse usage = connection.jukung().usage(UsageRequest.getDefaultInstance());
      long images = usage.getBlobBytes() + usage.getLayerBytes();
      Table table = new Table("WHAT", "COUNT", "IN USE", "SIZE", "RECLAIMABLE");
      table.row(
          "images",
          Integer.toString(usage.getImages()),
          Integer.toString(usage.getUsedImages()),
          HumanSize.format(images),
          HumanSize.format(usage.getReclaimableBytes()));
      table.row("  as fetched", "", "", HumanSize.format(usage.getBlobBytes()), "");
      table.row("  unpacked", "", "", HumanSize.format(usage.getLayerBytes()), "");
      table.row("containers", "", "", HumanSize.format(usage.getContainerBytes()), "");
      table.print(environment.out());
    }
  }
}
