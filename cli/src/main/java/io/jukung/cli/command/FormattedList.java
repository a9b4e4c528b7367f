package io.jukung.cli.command;

import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * A list whose lines can be chosen by {@code --format}, as in docker's lists.
 *
 * @param <A> the daemon's answer
 * @param <T> one object of the list
 */
public abstract class FormattedList<A extends Message, T> extends ListCommand<A, T> {
  @Option(
      names = "--format",
      paramLabel = "table|json|TEMPLATE",
      description =
          "Print each object by a Go template such as '{{.ID}}', in a table as in 'table"
              + " {{.ID}}\\t{{.Size}}', or with docker's fields as a line of JSON.")
  @Nullable String template;

  @Option(names = "--no-trunc", description = "Print IDs and other long text in full.")
  protected boolean whole;

  protected FormattedList(CommandContext context) {
    super(context);
  }

  /** The headings of the fields in tables, by the names of the fields. */
  protected abstract Map<String, String> headings();

  /**
   * Returns what the fields say of the objects.
   *
   * @param wanted the names of the fields that are needed
   */
  protected abstract List<Row> rows(Connection connection, List<T> objects, Set<String> wanted);

  private boolean hasTemplate() {
    return template != null && !template.equals("table");
  }

  @Override
  protected void checkOptions() {
    if (template != null && hasTemplate()) {
      var _ = RowPrinter.of(template, headings());
    }
  }

  @Override
  protected int run(Connection connection) {
    if (template == null || !hasTemplate()) {
      return super.run(connection);
    }
    RowPrinter printer = RowPrinter.of(template, headings());
    List<Row> rows = rows(connection, objects(ask(connection)), printer.fields());
    printer.print(rows, out());
    return ExitCode.OK;
  }
}
