package io.jukung.cli.event;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.GetEventsRequest;
import io.jukung.cri.v1.ListContainersRequest;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung events}: prints what happens to containers and pods. */
@Command(
    name = "events",
    description = {
      "Prints a line for each container and pod that is created, starts, stops or is deleted, until"
          + " it is interrupted or the daemon ends.",
      "Events from before the command are not printed."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "1:the daemon has ended, or this command was too slow and has missed events",
      "130:interrupted by Ctrl-C"
    },
    mixinStandardHelpOptions = true)
public final class Events extends ClientCommand {
  @Option(
      names = {"-f", "--filter"},
      paramLabel = "KEY=VALUE",
      description =
          "Print only such events; may be given several times. Keys: type (container or pod), event"
              + " (create, start, stop or delete), id (its beginning is enough), name, pod and"
              + " namespace. Of several values for one key, one has to fit.")
  List<String> filters = List.of();

  @Option(
      names = {"-o", "--output", "--format"},
      defaultValue = "table",
      paramLabel = "table|json",
      description =
          "Format of the events; json prints one line for each event, with the daemon's whole"
              + " message.")
  OutputFormat format = OutputFormat.TABLE;

  private EventFilter filter = EventFilter.of(List.of());

  public Events(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    try {
      filter = EventFilter.of(filters);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("--filter " + e.getMessage());
    }
  }

  @Override
  protected int run(Connection connection) {
    EventLines lines = new EventLines();
    // The event of a removed container does not have the container's name.
    for (Container container :
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList()) {
      lines.learn(container.getId(), container.getMetadata().getName());
    }
    Iterator<ContainerEventResponse> events =
        connection
            .runtimeWithoutDeadline()
            .getContainerEvents(GetEventsRequest.getDefaultInstance());
    while (events.hasNext()) {
      ContainerEventResponse event = events.next();
      EventLine line = lines.of(event);
      if (filter.fits(line)) {
        print(event, line);
      }
      if (out().checkError()) { // flushes
        throw CliException.outputClosed();
      }
    }
    return ExitCode.OK;
  }

  private void print(ContainerEventResponse event, EventLine line) {
    if (format == OutputFormat.JSON) {
      Json.printLine(event, out());
    } else {
      out().println(line);
    }
  }
}
