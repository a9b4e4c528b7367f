package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.CliException;
import io.jukung.cri.client.HostGateway;
import io.jukung.cri.client.OwnContainers;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The options of {@code run} that CRI has no fields for, as the JSON that the daemon reads in an
 * annotation of its own pods and containers.
 */
final class OwnOptions {
  /** The annotation of pods and of containers. */
  static final String ANNOTATION = OwnContainers.OPTIONS;

  private static final Pattern ULIMIT =
      Pattern.compile("([a-z]+)=(-1|[0-9]{1,18})(?::(-1|[0-9]{1,18}))?");

  /** The limits of setrlimit(2). */
  private static final Set<String> ULIMITS =
      Set.of(
          "as",
          "core",
          "cpu",
          "data",
          "fsize",
          "locks",
          "memlock",
          "msgqueue",
          "nice",
          "nofile",
          "nproc",
          "rss",
          "rtprio",
          "rttime",
          "sigpending",
          "stack");

  private static final String NO_HOST = " (write NAME:ADDRESS)";

  private OwnOptions() {}

  /** What the pod asks for; empty if it asks for nothing. */
  static Optional<String> ofPod(RunOptions options) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (!options.hosts.isEmpty()) {
      ArrayNode hosts = json.putArray("hosts");
      boolean hostNetwork = NetworkArguments.isHost(options);
      options.hosts.forEach(text -> addHost(hosts, text, hostNetwork));
    }
    if (options.shmSize != null) {
      json.put("shmBytes", MemorySize.parse(options.shmSize));
    }
    NetworkArguments.json(options).ifPresent(networks -> json.set("networks", networks));
    return json.isEmpty() ? Optional.empty() : Optional.of(json.toString());
  }

  private static void addHost(ArrayNode hosts, String text, boolean hostNetwork) {
    int colon = text.indexOf(':') < 0 ? text.indexOf('=') : text.indexOf(':');
    if (text.indexOf('=') > 0 && text.indexOf('=') < colon) {
      colon = text.indexOf('=');
    }
    if (colon < 1 || colon == text.length() - 1) {
      throw CliException.usage("--add-host: not a host: \"" + text + "\"" + NO_HOST);
    }
    String address = text.substring(colon + 1).replaceAll("^\\[(.*)]$", "$1");
    if (address.equals("host-gateway")) {
      address =
          HostGateway.address(hostNetwork)
              .orElseThrow(() -> CliException.usage("--add-host: " + HostGateway.NONE));
    }
    if (!address.matches("[0-9a-fA-F:.]+") || !isAddress(address)) {
      throw CliException.usage("--add-host: not an address: \"" + address + "\"" + NO_HOST);
    }
    hosts.addObject().put("address", address).put("name", text.substring(0, colon));
  }

  private static boolean isAddress(String text) {
    boolean shaped = text.contains(":") || text.split("\\.", -1).length == 4;
    try {
      return shaped && !InetAddress.ofLiteral(text).getHostAddress().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * What the container asks for; empty if it asks for nothing.
   *
   * @param image the configuration of the image
   */
  static Optional<String> ofContainer(
      RunOptions options, List<MountArgument> mounts, JsonNode image) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (MountArgument each : mounts) {
      if (each.kind() == MountArgument.Kind.TMPFS) {
        ArrayNode words =
            json.withArray("tmpfs").addObject().put("path", each.target()).putArray("options");
        each.tmpfs().forEach(words::add);
      } else if (each.kind() == MountArgument.Kind.VOLUME && !each.copy()) {
        json.withArray("withoutCopy").add(each.target());
      }
      if (!each.part().isEmpty()) {
        json.withArray("parts").addObject().put("target", each.target()).put("path", each.part());
      }
    }
    options.ulimits.forEach(text -> addUlimit(json.withArray("ulimits"), text));
    if (!options.node.ipcOf.isEmpty()) {
      json.put("ipcOf", options.node.ipcOf);
    }
    if (!options.node.networkOf.isEmpty()) {
      json.put("networkOf", options.node.networkOf);
    }
    if (options.init) {
      json.put("init", true);
    }
    options.health.check(image).ifPresent(check -> json.set("health", check));
    if (options.stopTimeout != null) {
      if (options.stopTimeout < 0) {
        throw CliException.usage("--stop-timeout is a number of seconds, not negative");
      }
      json.put("stopTimeoutSeconds", options.stopTimeout);
    }
    options.storageOptions.forEach(text -> json.put("writableLayerBytes", storageSize(text)));
    return json.isEmpty() ? Optional.empty() : Optional.of(json.toString());
  }

  private static long storageSize(String text) {
    if (!text.startsWith("size=")) {
      throw CliException.usage(
          "--storage-opt: \"" + text + "\" is not size=SIZE, which is all that is known");
    }
    return MemorySize.parse(text.substring("size=".length()));
  }

  private static void addUlimit(ArrayNode ulimits, String text) {
    Matcher matcher = ULIMIT.matcher(text);
    if (!matcher.matches()) {
      throw CliException.usage(
          "--ulimit: not a limit: \"" + text + "\" (write NAME=SOFT or NAME=SOFT:HARD)");
    }
    if (!ULIMITS.contains(matcher.group(1))) {
      throw CliException.usage("--ulimit: there is no limit " + matcher.group(1));
    }
    String hard = matcher.group(3) == null ? matcher.group(2) : matcher.group(3);
    ulimits
        .addObject()
        .put("name", matcher.group(1))
        .put("soft", Long.parseLong(matcher.group(2)))
        .put("hard", Long.parseLong(hard));
  }
}
