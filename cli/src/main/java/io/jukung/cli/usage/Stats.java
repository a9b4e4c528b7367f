package io.jukung.cli.usage;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.RowPrinter;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ListPodSandboxStatsRequest;
import io.jukung.cri.v1.ListPodSandboxStatsResponse;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung stats}: shows what pods and containers use. */
@Command(
    name = "stats",
    description = {
      "Shows what pods and containers use, again and again until it is interrupted: processor time"
          + " (100%% is one processor), memory without the page cache that the kernel can drop, and"
          + " for each pod its processes and its network.",
      "The first table comes after a second."
    },
    mixinStandardHelpOptions = true)
public final class Stats extends ClientCommand {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** Moves the cursor to the top and clears what is below (ECMA-48: CUP, ED). */
  private static final String CLEAR = "\u001b[H\u001b[J";

  @Option(names = "--no-stream", description = "Print one table and end.")
  boolean once;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format; json prints the daemon's whole answer, one line for each reading.")
  OutputFormat format = OutputFormat.TABLE;

  @Option(
      names = "--format",
      paramLabel = "table|json|TEMPLATE",
      description =
          "As --output, or print a line for each container by a Go template such as '{{.Name}}"
              + " {{.CPUPerc}}'.")
  @Nullable String template;

  @Parameters(
      arity = "0..*",
      paramLabel = "NAME",
      description = "Show only these pods, and the pods of these containers.")
  List<String> names = List.of();

  public Stats(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (hasTemplate()) {
      var _ = RowPrinter.of(Objects.requireNonNull(template), UsageRows.HEADINGS);
    }
  }

  private boolean hasTemplate() {
    return template != null && !template.equals("table") && !template.equals("json");
  }

  @Override
  protected int run(Connection connection) throws InterruptedException {
    List<String> pods = names.stream().map(name -> pod(connection, name)).distinct().toList();
    if (format == OutputFormat.JSON || "json".equals(template)) {
      return printJson(connection, pods);
    }
    boolean clears = !once && environment.caller().display().terminal();
    ListPodSandboxStatsResponse before = ask(connection, pods);
    do {
      Thread.sleep(INTERVAL);
      ListPodSandboxStatsResponse now = ask(connection, pods);
      if (clears) {
        out().print(CLEAR);
      }
      if (hasTemplate()) {
        RowPrinter.of(Objects.requireNonNull(template), UsageRows.HEADINGS)
            .print(UsageRows.between(before, now), out());
      } else {
        UsageTable.between(before, now).print(out());
      }
      endIfNobodyReads();
      before = now;
    } while (!once);
    return ExitCode.OK;
  }

  private int printJson(Connection connection, List<String> pods) throws InterruptedException {
    Json.printLine(ask(connection, pods), out());
    endIfNobodyReads();
    while (!once) {
      Thread.sleep(INTERVAL);
      Json.printLine(ask(connection, pods), out());
      endIfNobodyReads();
    }
    return ExitCode.OK;
  }

  private void endIfNobodyReads() {
    if (out().checkError()) { // flushes
      throw CliException.outputClosed();
    }
  }

  private static String pod(Connection connection, String name) {
    Optional<Container> container = Lookup.findContainer(connection, name);
    return container.isPresent()
        ? container.get().getPodSandboxId()
        : Lookup.findPod(connection, name)
            .orElseThrow(() -> CliException.failed("no container or pod is called " + name))
            .getId();
  }

  private static ListPodSandboxStatsResponse ask(Connection connection, List<String> pods) {
    ListPodSandboxStatsResponse all =
        connection.runtime().listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance());
    if (pods.isEmpty()) {
      return all;
    }
    ListPodSandboxStatsResponse.Builder some = ListPodSandboxStatsResponse.newBuilder();
    all.getStatsList().stream()
        .filter(each -> pods.contains(each.getAttributes().getId()))
        .forEach(some::addStats);
    return some.build();
  }
}
