package io.jukung.cli.command;

import com.google.protobuf.Message;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cli.text.Table;
import java.util.List;
import picocli.CommandLine.Option;

/**
 * A command that lists the daemon's objects of one kind: as a table, as IDs, or as JSON.
 *
 * @param <A> the daemon's answer, which is what {@code -o json} prints
 * @param <T> one object of the list
 */
public abstract class ListCommand<A extends Message, T> extends ClientCommand {
  @Option(
      names = {"-q", "--quiet"},
      description = "Print only the IDs, in full.")
  boolean quiet;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format of the list; json prints the daemon's whole answer.")
  OutputFormat format = OutputFormat.TABLE;

  protected ListCommand(CommandContext context) {
    super(context);
  }

  /** Asks the daemon for everything that the list may show. */
  protected abstract A ask(Connection connection);

  /** Returns the objects of an answer, in the order in which they are printed. */
  protected abstract List<T> objects(A answer);

  /** Returns an object's whole ID. */
  protected abstract String id(T object);

  /** Returns the table, for which the daemon may be asked for details of each object. */
  protected abstract Table table(Connection connection, List<T> objects);

  @Override
  protected int run(Connection connection) {
    A answer = ask(connection);
    if (format == OutputFormat.JSON) {
      Json.print(answer, out());
    } else if (quiet) {
      objects(answer).forEach(object -> out().println(id(object)));
    } else {
      table(connection, objects(answer)).print(out());
    }
    return ExitCode.OK;
  }
}
