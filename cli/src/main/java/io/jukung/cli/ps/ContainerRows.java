package io.jukung.cli.ps;

import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Row;
import io.jukung.cli.container.ContainerSizes;
import io.jukung.cli.container.Port;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.docker.ContainerJson;
import io.jukung.cri.docker.ContainerLabels;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Containers as the templates of {@code docker ps} see them. */
final class ContainerRows {
  /** The headings of the fields. */
  static final Map<String, String> HEADINGS = headings();

  /** The fields for which the daemon has to be asked more than the status of the container. */
  private static final Set<String> OF_FACTS =
      Set.of("Command", "Ports", "Networks", "Mounts", "LocalVolumes");

  private static final int MAX_COMMAND = 20;
  private static final int MAX_MOUNT = 15;

  private final Connection connection;
  private final InstantSource clock;
  private final boolean whole;
  private final Set<String> wanted;
  private final Map<String, Long> sizes;

  /**
   * @param whole whether nothing is cut
   * @param wanted the fields that are needed
   */
  ContainerRows(Connection connection, InstantSource clock, boolean whole, Set<String> wanted) {
    this.connection = connection;
    this.clock = clock;
    this.whole = whole;
    this.wanted = wanted;
    this.sizes = wanted.contains("Size") ? ContainerSizes.all(connection) : Map.of();
  }

  private static Map<String, String> headings() {
    Map<String, String> headings = new LinkedHashMap<>();
    headings.put("ID", "CONTAINER ID");
    headings.put("Names", "NAMES");
    headings.put("Image", "IMAGE");
    headings.put("Command", "COMMAND");
    headings.put("CreatedAt", "CREATED AT");
    headings.put("RunningFor", "CREATED");
    headings.put("Ports", "PORTS");
    headings.put("State", "STATE");
    headings.put("Status", "STATUS");
    headings.put("Size", "SIZE");
    headings.put("Labels", "LABELS");
    headings.put("Mounts", "MOUNTS");
    headings.put("LocalVolumes", "LOCAL VOLUMES");
    headings.put("Networks", "NETWORKS");
    headings.put("PodID", "POD ID");
    return headings;
  }

  Row of(ListedContainer listed) {
    var container = listed.container();
    Map<String, String> labels = ContainerLabels.ofUser(container.getLabelsMap());
    Map<String, String> values = new LinkedHashMap<>();
    values.put("ID", id(container.getId()));
    values.put("Names", listed.name());
    values.put("Image", listed.image());
    values.put("CreatedAt", HumanTime.stamp(container.getCreatedAt()));
    values.put("RunningFor", HumanTime.ago(container.getCreatedAt(), clock));
    values.put("State", listed.state());
    values.put("Status", listed.words(clock));
    values.put("Size", HumanSize.format(sizes.getOrDefault(container.getId(), 0L)));
    values.put("Labels", Row.joined(labels));
    values.put("PodID", id(container.getPodSandboxId()));
    if (wanted.stream().anyMatch(OF_FACTS::contains)) {
      addFacts(
          values, ContainerFacts.ask(connection.channel(), container.getId(), Connection.QUERY));
    }
    return new Row(values, labels);
  }

  private void addFacts(Map<String, String> values, ContainerFacts facts) {
    var json = ContainerJson.of(facts);
    String command =
        Stream.concat(Stream.of(json.path("Path")), json.path("Args").valueStream())
            .map(each -> each.asText())
            .collect(Collectors.joining(" "));
    values.put("Command", '"' + cut(command, MAX_COMMAND) + '"');
    values.put(
        "Ports",
        facts.ports().stream()
            .map(each -> Port.outside(each) + "->" + Port.inside(each))
            .collect(Collectors.joining(", ")));
    values.put("Networks", String.join(",", facts.networkNames()));
    List<String> mounts =
        json.path("Mounts")
            .valueStream()
            .map(each -> each.path(each.has("Name") ? "Name" : "Source").asText())
            .filter(each -> !each.isEmpty())
            .toList();
    values.put(
        "Mounts",
        mounts.stream().map(each -> cut(each, MAX_MOUNT)).collect(Collectors.joining(",")));
    values.put(
        "LocalVolumes",
        Long.toString(
            json.path("Mounts")
                .valueStream()
                .filter(each -> each.path("Type").asText().equals("volume"))
                .count()));
  }

  private String id(String id) {
    return whole ? id : ShortId.of(id);
  }

  private String cut(String text, int length) {
    return whole || text.length() <= length ? text : text.substring(0, length - 1) + "…";
  }
}
