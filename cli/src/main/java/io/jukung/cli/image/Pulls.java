package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.ActivePull;
import io.jukung.client.v1.ListPullsRequest;
import io.jukung.client.v1.ListPullsResponse;
import java.time.Duration;
import java.time.Instant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung pulls}: lists the pulls that are under way. */
@Command(
    name = "pulls",
    description =
        "Lists the images that are being pulled now, by kubelet or anyone else: for whom, how far,"
            + " from which registry or mirror, and how long it will still take.",
    mixinStandardHelpOptions = true)
public final class Pulls extends ClientCommand {
  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format of the list; json prints the daemon's whole answer.")
  OutputFormat format = OutputFormat.TABLE;

  public Pulls(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    ListPullsResponse answer = connection.jukung().listPulls(ListPullsRequest.getDefaultInstance());
    if (format == OutputFormat.JSON) {
      Json.print(answer, out());
      return ExitCode.OK;
    }
    Instant now = Instant.now();
    Table table = new Table("IMAGE", "FOR", "SINCE", "LAYERS", "DONE", "RATE", "LEFT", "FROM");
    for (ActivePull pull : answer.getPullsList()) {
      table.row(
          pull.getImage(),
          pull.getRequester(),
          seconds(Duration.between(Instant.ofEpochSecond(0, pull.getStartedAt()), now)),
          pull.getLayersDone() + "/" + pull.getLayers(),
          HumanSize.format(pull.getArrivedBytes()) + "/" + HumanSize.format(pull.getTotalBytes()),
          HumanSize.format(pull.getBytesPerSecond()) + "/s",
          left(pull),
          String.join(", ", pull.getHostsList()));
    }
    table.print(out());
    return ExitCode.OK;
  }

  /** The time that the rest takes at the present rate; "-" if nothing arrives. */
  static String left(ActivePull pull) {
    long bytes = pull.getTotalBytes() - pull.getArrivedBytes();
    if (pull.getTotalBytes() == 0 || (bytes > 0 && pull.getBytesPerSecond() == 0)) {
      return "-";
    }
    return bytes <= 0
        ? "unpacking"
        : seconds(Duration.ofSeconds(Math.ceilDiv(bytes, pull.getBytesPerSecond())));
  }

  private static String seconds(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    return seconds < 100 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
  }
}
