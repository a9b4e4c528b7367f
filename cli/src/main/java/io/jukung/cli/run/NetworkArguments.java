package io.jukung.cli.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.network.LinkArguments;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of {@code run} about networks. */
final class NetworkArguments {
  /** The network of all pods, in docker's words and in an older one. */
  private static final Set<String> BRIDGE = Set.of("bridge", "default", "pod");

  /** What stands before the name of a container whose network is shared. */
  private static final String CONTAINER = "container:";

  private NetworkArguments() {}

  private static List<String> networks(RunOptions options) {
    return options.networks.isEmpty() ? List.of("bridge") : options.networks;
  }

  /** Whether the container uses the network of the host. */
  static boolean isHost(RunOptions options) {
    List<String> networks = networks(options);
    if (networks.contains("host") && networks.size() > 1) {
      throw CliException.usage("--network host does not go with other networks");
    }
    return networks.contains("host");
  }

  /** The name of the container whose network is shared; empty if none is. */
  static Optional<String> owner(RunOptions options) {
    List<String> networks = networks(options);
    if (networks.stream().noneMatch(each -> each.startsWith(CONTAINER))) {
      return Optional.empty();
    }
    if (networks.size() > 1 || networks.getFirst().equals(CONTAINER)) {
      throw CliException.usage(
          "--network container:NAME names one container, and goes with no other network");
    }
    if (!options.publish.isEmpty()
        || options.publishAll
        || options.mac != null
        || options.hostname != null
        || !options.hosts.isEmpty()
        || ExtraOptions.dns(options).isPresent()) {
      throw CliException.usage(
          "--network container:NAME: ports, addresses, the host name and names are those of the"
              + " other container");
    }
    return Optional.of(networks.getFirst().substring(CONTAINER.length()));
  }

  private static boolean isBridge(RunOptions options) {
    List<String> networks = networks(options);
    return networks.size() == 1 && BRIDGE.contains(networks.getFirst());
  }

  /** The hardware address that is asked for in the network of all pods. */
  static Optional<String> macOfBridge(RunOptions options) {
    return isBridge(options) ? Optional.ofNullable(options.mac) : Optional.empty();
  }

  /**
   * The networks as the daemon reads them; empty for the network of all pods and for that of the
   * host. As docker has it, the other options are about the first network.
   */
  static Optional<ArrayNode> json(RunOptions options) {
    if (isHost(options) || isBridge(options)) {
      refuseSettings(options);
      return Optional.empty();
    }
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    if (owner(options).isPresent()) {
      refuseSettings(options);
      json.addObject().put("network", "none"); // what the pod has for itself
      return Optional.of(json);
    }
    for (String each : networks(options)) {
      ObjectNode network = json.addObject().put("network", each);
      if (json.size() == 1) {
        addSettings(network, options);
      }
    }
    return Optional.of(json);
  }

  private static void addSettings(ObjectNode network, RunOptions options) {
    ArrayNode aliases = network.putArray("aliases");
    options.networkAliases.forEach(aliases::add);
    ObjectNode links = network.putObject("links");
    LinkArguments.parse(options.links).forEach(links::put);
    put(network, "ip", options.ip);
    put(network, "ip6", options.ip6);
    put(network, "mac", options.mac);
  }

  private static void put(ObjectNode json, String key, @Nullable String value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  /** What names and addresses need is only in networks of users. */
  private static void refuseSettings(RunOptions options) {
    if (!options.networkAliases.isEmpty()
        || !options.links.isEmpty()
        || options.ip != null
        || options.ip6 != null) {
      throw CliException.usage(
          "--network-alias, --link, --ip and --ip6 need a network of `jukung network create`");
    }
    if (options.mac != null && isHost(options)) {
      throw CliException.usage("--mac-address does not go with --network host");
    }
  }
}
