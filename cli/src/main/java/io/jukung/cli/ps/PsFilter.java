package io.jukung.cli.ps;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Filters;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.PublishedPort;
import io.jukung.client.v1.Volume;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** The filters of {@code ps}, with docker's keys and meanings. */
final class PsFilter {
  static final Set<String> KEYS =
      Set.of(
          "id",
          "name",
          "label",
          "label!",
          "status",
          "ancestor",
          "exited",
          "health",
          "volume",
          "network",
          "before",
          "since",
          "publish",
          "expose");

  private static final Set<String> STATES =
      Set.of("created", "running", "paused", "restarting", "removing", "exited", "dead");

  private static final Set<String> HEALTH = Set.of("starting", "healthy", "unhealthy", "none");

  private static final Pattern PORT =
      Pattern.compile(
          "(?<first>[0-9]{1,5})(?:-(?<last>[0-9]{1,5}))?(?:/(?<protocol>tcp|udp|sctp))?");

  private final Filters filters;
  private final Connection connection;
  private final long before;
  private final long since;

  private PsFilter(Filters filters, Connection connection) {
    this.filters = filters;
    this.connection = connection;
    this.before =
        filters.values("before").stream().mapToLong(this::created).min().orElse(Long.MAX_VALUE);
    this.since = filters.values("since").stream().mapToLong(this::created).max().orElse(-1);
  }

  /**
   * Checks the filters.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static Filters check(List<String> texts) {
    Filters filters = Filters.of(texts, KEYS);
    filters.values("status").forEach(each -> requireOne("status", each, STATES));
    filters.values("health").forEach(each -> requireOne("health", each, HEALTH));
    filters.values("exited").forEach(each -> Filters.number("exited", each));
    filters.values("publish").forEach(PsFilter::port);
    filters.values("expose").forEach(PsFilter::port);
    filters.values("name").forEach(PsFilter::pattern);
    return filters;
  }

  private static void requireOne(String key, String value, Set<String> words) {
    if (!words.contains(value)) {
      throw CliException.usage(
          "filter " + key + " is one of " + String.join(", ", words.stream().sorted().toList()));
    }
  }

  /** Whether containers that do not run have to be looked at. */
  static boolean needsAll(Filters filters) {
    return filters.has("status") || filters.has("exited");
  }

  static PsFilter of(Filters filters, Connection connection) {
    return new PsFilter(filters, connection);
  }

  private long created(String name) {
    return Lookup.container(connection, name).getCreatedAt();
  }

  /** Whether the container may pass, by what its list entry says. */
  boolean mayFit(Container container) {
    String name = container.getMetadata().getName();
    return filters.fits("id", each -> container.getId().startsWith(each))
        && filters.fits(
            "name",
            each -> pattern(each).matcher("/" + name).find() || pattern(each).matcher(name).find())
        && filters.fitLabels(container.getLabelsMap())
        && filters.fits("ancestor", each -> isImage(container, each))
        && container.getCreatedAt() < before
        && container.getCreatedAt() > since;
  }

  /** Whether a container that may pass does, by all that is known of it. */
  boolean fits(ListedContainer listed) {
    boolean exited = listed.status().getState() == ContainerState.CONTAINER_EXITED;
    return filters.fits("status", each -> listed.state().equals(each))
        && filters.fits("health", each -> listed.health().equals(each))
        && filters.fits(
            "exited", each -> exited && listed.status().getExitCode() == Integer.parseInt(each))
        && (!filters.has("volume") || fitsVolume(listed))
        && (!needsFacts() || fitsFacts(listed));
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw CliException.usage("filter name is a regular expression: \"" + text + "\" is none");
    }
  }

  private static boolean isImage(Container container, String wanted) {
    String asked = container.getImage().getUserSpecifiedImage();
    String digits = wanted.startsWith("sha256:") ? wanted : "sha256:" + wanted;
    boolean id = wanted.length() >= 4 && container.getImageId().startsWith(digits);
    return id
        || List.of(asked, container.getImage().getImage()).stream()
            .anyMatch(each -> names(each, wanted));
  }

  /** Whether the name is that one, as people write it for short. */
  private static boolean names(String name, String wanted) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    String untagged = last.contains(":") ? name.substring(0, name.lastIndexOf(':')) : name;
    return List.of(name, untagged).stream()
        .flatMap(
            each ->
                Stream.of(
                    each,
                    each.replaceFirst("^docker\\.io/library/", ""),
                    each.replaceFirst("^docker\\.io/", "")))
        .anyMatch(each -> each.equals(wanted) || (each + ":latest").equals(wanted));
  }

  /** A volume's name, or a path that is mounted from or to. */
  private boolean fitsVolume(ListedContainer listed) {
    List<Volume> volumes =
        connection.volumes().listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList();
    return filters.fits(
        "volume",
        wanted ->
            listed.status().getMountsList().stream()
                    .anyMatch(
                        mount ->
                            mount.getContainerPath().equals(wanted)
                                || mount.getHostPath().equals(wanted))
                || volumes.stream()
                    .anyMatch(
                        volume ->
                            volume.getName().equals(wanted)
                                && volume
                                    .getContainerIdsList()
                                    .contains(listed.container().getId())));
  }

  private boolean needsFacts() {
    return filters.has("network") || filters.has("publish") || filters.has("expose");
  }

  private boolean fitsFacts(ListedContainer listed) {
    ContainerFacts facts;
    try {
      facts =
          ContainerFacts.ask(connection.channel(), listed.container().getId(), Connection.QUERY);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return false; // removed since it was listed
      }
      throw e;
    }
    return filters.fits("network", facts::isInNetwork)
        && filters.fits("publish", each -> facts.ports().stream().anyMatch(p -> leads(p, each)))
        && filters.fits("expose", each -> isExposed(facts, each));
  }

  private static Matcher port(String text) {
    Matcher matcher = PORT.matcher(text);
    if (!matcher.matches()) {
      throw CliException.usage(
          "not a port: \"" + text + "\" (write PORT, FIRST-LAST or PORT/PROTOCOL)");
    }
    return matcher;
  }

  private static boolean covers(String wanted, int port, String protocol) {
    Matcher matcher = port(wanted);
    String last = matcher.group("last");
    int first = Integer.parseInt(matcher.group("first"));
    String of = matcher.group("protocol");
    return port >= first
        && port <= (last == null ? first : Integer.parseInt(last))
        && protocol.equals(of == null ? "tcp" : of);
  }

  private static boolean leads(PublishedPort port, String wanted) {
    return covers(wanted, port.getHostPort(), port.getProtocol())
        || covers(wanted, port.getContainerPort(), port.getProtocol());
  }

  private static boolean isExposed(ContainerFacts facts, String wanted) {
    for (var each : facts.image().path("ExposedPorts").properties()) {
      String[] parts = each.getKey().split("/", 2);
      if (parts[0].matches("[0-9]{1,5}")
          && covers(wanted, Integer.parseInt(parts[0]), parts.length == 2 ? parts[1] : "tcp")) {
        return true;
      }
    }
    return facts.ports().stream()
        .anyMatch(port -> covers(wanted, port.getContainerPort(), port.getProtocol()));
  }
}
