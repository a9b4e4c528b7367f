package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliException;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.Protocol;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The values of {@code -p} and {@code -P}, in docker's grammar. */
final class PortArguments {
  private static final String RANGE = "(\\d{1,9})(?:-(\\d{1,9}))?";

  private static final Pattern PUBLISH =
      Pattern.compile(
          "(?:(?:(\\d+\\.\\d+\\.\\d+\\.\\d+|\\[[0-9a-fA-F:.]+]):)?(?:"
              + RANGE
              + ")?:)?"
              + RANGE
              + "(?:/(tcp|udp|sctp))?");

  /** How often the kernel is asked for one port: it may name one again that was just closed. */
  private static final int MAX_TRIES = 1000;

  private PortArguments() {}

  /**
   * Reads a value of {@code -p}: {@code [[IP:][HOST]:]CONTAINER[/PROTOCOL]}, where both ports may
   * be ranges of one length. Without a host port a free one is chosen.
   *
   * @param published the mappings that the command has already, whose ports are not chosen again
   * @throws CliException with the exit code for wrong usage
   */
  static List<PortMapping> parse(String text, List<PortMapping> published) {
    Matcher matcher = PUBLISH.matcher(text);
    if (!matcher.matches()) {
      throw CliException.usage(
          "not a port mapping: \""
              + text
              + "\" (write HOST:CONTAINER, or IP:HOST:CONTAINER/udp, or ranges such as"
              + " 8000-8009:80-89)");
    }
    Range inside = Range.of(matcher.group(4), matcher.group(5));
    Protocol protocol = protocol(matcher.group(6) == null ? "tcp" : matcher.group(6));
    String address = matcher.group(1) == null ? "" : matcher.group(1).replaceAll("[\\[\\]]", "");
    @Nullable Range outside =
        matcher.group(2) == null ? null : Range.of(matcher.group(2), matcher.group(3));
    if (outside != null && outside.length() != inside.length()) {
      throw CliException.usage(
          "port mapping \"" + text + "\": the two ranges do not have the same length");
    }
    List<PortMapping> mappings = new ArrayList<>();
    Set<Integer> taken = ports(published, protocol);
    for (int i = 0; i < inside.length(); i++) {
      int port = outside == null ? free(protocol, taken) : outside.first() + i;
      taken.add(port);
      mappings.add(
          PortMapping.newBuilder()
              .setProtocol(protocol)
              .setHostIp(address)
              .setHostPort(port)
              .setContainerPort(inside.first() + i)
              .build());
    }
    return mappings;
  }

  /**
   * A mapping of a free port of the host for each port that the image exposes and that no mapping
   * has yet.
   *
   * @param image the configuration of the image
   */
  static List<PortMapping> ofImage(JsonNode image, List<PortMapping> published) {
    List<PortMapping> mappings = new ArrayList<>();
    image
        .path("ExposedPorts")
        .fieldNames()
        .forEachRemaining(
            name -> {
              List<PortMapping> all = new ArrayList<>(published);
              all.addAll(mappings);
              for (PortMapping each : parse(name.contains("/") ? name : name + "/tcp", all)) {
                boolean known =
                    published.stream()
                        .anyMatch(
                            other ->
                                other.getContainerPort() == each.getContainerPort()
                                    && other.getProtocol() == each.getProtocol());
                if (!known) {
                  mappings.add(each);
                }
              }
            });
    return mappings;
  }

  private static Protocol protocol(String name) {
    return Protocol.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static Set<Integer> ports(List<PortMapping> published, Protocol protocol) {
    return published.stream()
        .filter(each -> each.getProtocol() == protocol)
        .map(PortMapping::getHostPort)
        .collect(Collectors.toCollection(HashSet::new));
  }

  /**
   * A port on which nothing listens now, and that the command has not chosen yet. The daemon
   * refuses it if a process or a pod gets it first.
   */
  private static int free(Protocol protocol, Set<Integer> taken) {
    for (int i = 0; i < MAX_TRIES; i++) {
      int port = unbound(protocol);
      if (!taken.contains(port)) {
        return port;
      }
    }
    throw CliException.failed(
        "no free port was found: the kernel named only ports that this command has chosen already");
  }

  private static int unbound(Protocol protocol) {
    try {
      if (protocol == Protocol.UDP) {
        try (DatagramSocket socket = new DatagramSocket(0)) {
          return socket.getLocalPort();
        }
      }
      try (ServerSocket socket = new ServerSocket(0)) {
        return socket.getLocalPort();
      }
    } catch (IOException e) {
      throw CliException.failed("no free port was found: " + e.getMessage());
    }
  }

  private record Range(int first, int last) {
    static Range of(String first, @Nullable String last) {
      Range range = new Range(port(first), port(last == null ? first : last));
      if (range.length() < 1) {
        throw CliException.usage("not a range of ports: " + first + "-" + last);
      }
      return range;
    }

    int length() {
      return last - first + 1;
    }

    private static int port(String digits) {
      int port = Integer.parseInt(digits);
      if (port < 1 || port > 65535) {
        throw CliException.usage("not a port: " + digits + " (1 to 65535)");
      }
      return port;
    }
  }
}
