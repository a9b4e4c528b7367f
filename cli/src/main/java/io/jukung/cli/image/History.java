package io.jukung.cli.image;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.FormattedList;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.Row;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryResponse;
import io.jukung.client.v1.HistoryStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung history}: tells how an image was made. */
@Command(
    name = "history",
    description = "Lists the steps by which an image was made, the latest first.",
    mixinStandardHelpOptions = true)
public final class History extends FormattedList<HistoryResponse, HistoryStep> {
  private static final String MISSING = "<missing>";
  private static final int MAX_COMMAND = 45;

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
    long nanos = ImageTimes.nanos(created);
    return nanos == 0 ? "N/A" : HumanTime.ago(nanos, environment.clock());
  }

  private String command(String createdBy) {
    String line = createdBy.replaceAll("\\s+", " ").strip();
    return whole || line.length() <= MAX_COMMAND ? line : line.substring(0, MAX_COMMAND - 1) + "…";
  }

  @Override
  protected Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("ID", "IMAGE");
    headings.put("CreatedSince", "CREATED");
    headings.put("CreatedAt", "CREATED AT");
    headings.put("CreatedBy", "CREATED BY");
    headings.put("Size", "SIZE");
    headings.put("Comment", "COMMENT");
    return headings;
  }

  @Override
  protected List<Row> rows(Connection connection, List<HistoryStep> steps, Set<String> wanted) {
    List<Row> rows = new ArrayList<>();
    for (HistoryStep step : steps) {
      String id = id(step);
      Map<String, String> values = new LinkedHashMap<>();
      values.put("ID", whole || id.equals(MISSING) ? id : ShortId.of(id));
      values.put("CreatedSince", ago(step.getCreated()));
      values.put("CreatedAt", step.getCreated());
      values.put("CreatedBy", command(step.getCreatedBy()));
      values.put("Size", HumanSize.format(step.getSize()));
      values.put("Comment", step.getComment());
      rows.add(new Row(values, Map.of()));
    }
    return rows;
  }
}
