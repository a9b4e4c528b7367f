package io.jukung.cli.ps;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Filters;
import io.jukung.cli.command.FormattedList;
import io.jukung.cli.command.Row;
import io.jukung.cli.container.Conditions;
import io.jukung.cli.container.ContainerSizes;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.Condition;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung ps}: lists containers. */
@Command(
    name = "ps",
    description = "Lists the running containers, newest first.",
    mixinStandardHelpOptions = true)
public final class Ps extends FormattedList<ListContainersResponse, Container> {
  @Option(
      names = {"-a", "--all"},
      description = "List containers that are not running too.")
  boolean all;

  @Option(
      names = {"-f", "--filter"},
      paramLabel = "KEY=VALUE",
      description =
          "List only some containers: id=BEGINNING, name=PATTERN, label=NAME[=VALUE], status=STATE,"
              + " ancestor=IMAGE, exited=CODE, health=STATE, volume=NAME, network=NAME,"
              + " before=CONTAINER, since=CONTAINER, publish=PORT or expose=PORT.")
  List<String> filters = List.of();

  @Option(
      names = {"-n", "--last"},
      paramLabel = "N",
      description = "List the last N containers, whether they run or not.")
  int last;

  @Option(
      names = {"-l", "--latest"},
      description = "List the latest container, whether it runs or not.")
  boolean latest;

  @Option(
      names = {"-s", "--size"},
      description = "Print what each container has written to its root file system.")
  boolean size;

  public Ps(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    super.checkOptions();
    var _ = PsFilter.check(filters);
  }

  @Override
  protected ListContainersResponse ask(Connection connection) {
    Filters given = PsFilter.check(filters);
    int most = latest ? 1 : last;
    boolean every = all || most > 0 || PsFilter.needsAll(given);
    ListContainersResponse answer =
        connection.runtime().listContainers(ListContainersRequest.getDefaultInstance());
    if (!every) {
      answer =
          ListContainersResponse.newBuilder()
              .addAllContainers(
                  answer.getContainersList().stream()
                      .filter(each -> isUp(connection, each))
                      .toList())
              .build();
    }
    if (filters.isEmpty() && most <= 0) {
      return answer;
    }
    PsFilter filter = PsFilter.of(given, connection);
    List<Container> some = objects(answer).stream().filter(filter::mayFit).toList();
    List<Container> fitting =
        filters.isEmpty()
            ? some
            : listed(connection, some).stream()
                .filter(filter::fits)
                .map(ListedContainer::container)
                .toList();
    return ListContainersResponse.newBuilder()
        .addAllContainers(
            fitting.subList(0, most > 0 ? Math.min(most, fitting.size()) : fitting.size()))
        .build();
  }

  /** Docker counts a container that is about to be started again among those that run. */
  private static boolean isUp(Connection connection, Container container) {
    return container.getState() == ContainerState.CONTAINER_RUNNING
        || Conditions.isRestarting(connection, container);
  }

  @Override
  protected List<Container> objects(ListContainersResponse answer) {
    return answer.getContainersList().stream()
        .sorted(Comparator.comparingLong(Container::getCreatedAt).reversed())
        .toList();
  }

  @Override
  protected String id(Container container) {
    return container.getId();
  }

  /**
   * The list does not say when a container started or how it ended. A container that was removed
   * since it was listed is left out.
   */
  private static List<ListedContainer> listed(Connection connection, List<Container> containers) {
    Map<String, Condition> conditions =
        containers.isEmpty() ? Map.of() : Conditions.all(connection);
    List<ListedContainer> listed = new ArrayList<>();
    for (Container container : containers) {
      connection
          .containerStatus(container.getId())
          .ifPresent(
              status ->
                  listed.add(
                      new ListedContainer(container, status, conditions.get(container.getId()))));
    }
    return listed;
  }

  @Override
  protected Table table(Connection connection, List<Container> containers) {
    List<String> headings =
        new ArrayList<>(List.of("CONTAINER ID", "IMAGE", "CREATED", "STATUS", "NAME", "POD ID"));
    Map<String, Long> sizes = Map.of();
    if (size) {
      headings.add("SIZE");
      sizes = ContainerSizes.all(connection);
    }
    Table table = new Table(headings.toArray(String[]::new));
    for (ListedContainer each : listed(connection, containers)) {
      Container container = each.container();
      List<String> cells =
          new ArrayList<>(
              List.of(
                  whole ? container.getId() : ShortId.of(container.getId()),
                  each.image(),
                  HumanTime.ago(container.getCreatedAt(), environment.clock()),
                  each.words(environment.clock()),
                  each.name(),
                  whole ? container.getPodSandboxId() : ShortId.of(container.getPodSandboxId())));
      if (size) {
        cells.add(HumanSize.format(sizes.getOrDefault(container.getId(), 0L)));
      }
      table.row(cells.toArray(String[]::new));
    }
    return table;
  }

  @Override
  protected Map<String, String> headings() {
    return ContainerRows.HEADINGS;
  }

  @Override
  protected List<Row> rows(Connection connection, List<Container> containers, Set<String> wanted) {
    ContainerRows rows = new ContainerRows(connection, environment.clock(), whole, wanted);
    return listed(connection, containers).stream().map(rows::of).toList();
  }
}
