package io.jukung.cli.container;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ListCommand;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.Condition;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStateValue;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung ps}: lists containers. */
@Command(
    name = "ps",
    description = "Lists the running containers, newest first.",
    mixinStandardHelpOptions = true)
public final class Ps extends ListCommand<ListContainersResponse, Container> {
  @Option(
      names = {"-a", "--all"},
      description = "List containers that are not running too.")
  boolean all;

  public Ps(CommandContext context) {
    super(context);
  }

  @Override
  protected ListContainersResponse ask(Connection connection) {
    var running =
        ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_RUNNING).build();
    var request =
        all
            ? ListContainersRequest.getDefaultInstance()
            : ListContainersRequest.newBuilder()
                .setFilter(ContainerFilter.newBuilder().setState(running))
                .build();
    return connection.runtime().listContainers(request);
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

  @Override
  protected Table table(Connection connection, List<Container> containers) {
    Table table = new Table("CONTAINER ID", "IMAGE", "CREATED", "STATUS", "NAME", "POD ID");
    Map<String, Condition> conditions =
        containers.isEmpty() ? Map.of() : Conditions.all(connection);
    for (Container container : containers) {
      // The list does not say when a container started or how it ended. A container that was
      // removed since it was listed is left out.
      connection
          .containerStatus(container.getId())
          .ifPresent(
              status ->
                  table.row(
                      ShortId.of(container.getId()),
                      image(container),
                      HumanTime.ago(container.getCreatedAt(), environment.clock()),
                      words(status, conditions.get(container.getId())),
                      container.getMetadata().getName(),
                      ShortId.of(container.getPodSandboxId())));
    }
    return table;
  }

  /** Returns the image as the user named it, or its short ID where only that is known. */
  private static String image(Container container) {
    String asked = container.getImage().getUserSpecifiedImage();
    String image = asked.isEmpty() ? container.getImage().getImage() : asked;
    return image.startsWith("sha256:") ? ShortId.of(image) : image;
  }

  /** What docker writes behind the time that a container is up. */
  private static String note(@Nullable Condition condition) {
    if (condition == null) {
      return "";
    }
    if (condition.getPaused()) {
      return " (Paused)";
    }
    String health = condition.getHealth().getStatus();
    return switch (health) {
      case "" -> "";
      case "starting" -> " (health: starting)";
      default -> " (" + health + ")";
    };
  }

  private String words(ContainerStatus status, @Nullable Condition condition) {
    return switch (status.getState()) {
      case CONTAINER_CREATED -> "Created";
      case CONTAINER_RUNNING ->
          "Up " + HumanTime.since(status.getStartedAt(), environment.clock()) + note(condition);
      case CONTAINER_EXITED ->
          "Exited ("
              + status.getExitCode()
              + ") "
              + HumanTime.ago(status.getFinishedAt(), environment.clock());
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Unknown";
    };
  }
}
