package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryResponse;
import io.jukung.client.v1.HistoryStep;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung history}: tells how an image was made. */
@Command(
    name = "history",
    description = "Lists the steps by which an image was made, the latest first.",
    mixinStandardHelpOptions = true)
public final class History extends ListCommand<HistoryResponse, HistoryStep> {
  private static final String MISSING = "<missing>";
  private static final int MAX_COMMAND = 45;

  @Option(names = "--no-trunc", description = "Print IDs and commands in full.")
  boolean whole;

  @Parameters(paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  /** The ID of the image is that of its latest step; those before have none of their own. */
  private String imageId = MISSING;

  public History(CommandContext context) {
    super(context);
  }

  @Override
  protected HistoryResponse ask(Connection connection) {
    HistoryResponse answer =
        connection
            .madeImages()
            .history(HistoryRequest.newBuilder().setImage(Lookup.image(connection, image)).build());
    imageId = answer.getImageId();
    return answer;
  }

  @Override
  protected List<HistoryStep> objects(HistoryResponse answer) {
    return answer.getStepsList();
  }

  @Override
  protected String id(HistoryStep step) {
    String id = imageId;
    imageId = MISSING;
    return id;
  }

  @Override
  protected Table table(Connection connection, List<HistoryStep> steps) {
    Table table = new Table("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT");
    for (HistoryStep step : steps) {
      String id = id(step);
      table.row(
          whole || id.equals(MISSING) ? id : ShortId.of(id),
          ago(step.getCreated()),
          command(step.getCreatedBy()),
          HumanSize.format(step.getSize()),
          step.getComment());
    }
    return table;
  }

  private String ago(String created) {
    try {
      Instant at = OffsetDateTime.parse(created).toInstant();
      return HumanTime.ago(
          Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano()),
          environment.clock());
    } catch (DateTimeException | ArithmeticException e) {
      return "N/A"; // the image states no time, or none that can be
    }
  }

  private String command(String createdBy) {
    String line = createdBy.replaceAll("\\s+", " ").strip();
    return whole || line.length() <= MAX_COMMAND ? line : line.substring(0, MAX_COMMAND - 1) + "…";
  }
}
