package io.jukung.engine.request;

import io.jukung.engine.http.HttpError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a container asks for in one network: docker's EndpointSettings.
 *
 * @param aliases names besides that of the container
 * @param links the names of other containers by the names that this one finds them under
 * @param ip an address of IPv4; empty: any
 * @param ip6 an address of IPv6; empty: any
 * @param mac the hardware address; empty: any
 */
public record EndpointOptions(
    List<String> aliases, Map<String, String> links, String ip, String ip6, String mac) {
  static final EndpointOptions NONE = new EndpointOptions(List.of(), Map.of(), "", "", "");

  /**
   * Reads the fields of an endpoint.
   *
   * @throws HttpError 501 for a field that is set and cannot be carried out
   */
  public static EndpointOptions of(Fields endpoint) {
    // Docker ignores what only its answers say, and compose sends some of it.
    endpoint
        .without("NetworkID", "EndpointID", "Gateway", "IPAddress", "IPPrefixLen", "DNSNames")
        .without("IPv6Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen");
    Fields addresses = endpoint.object("IPAMConfig");
    EndpointOptions options =
        new EndpointOptions(
            List.copyOf(endpoint.texts("Aliases")),
            links(endpoint.texts("Links")),
            addresses.text("IPv4Address"),
            addresses.text("IPv6Address"),
            endpoint.text("MacAddress"));
    addresses.requireNoOther();
    endpoint.requireNoOther();
    return options;
  }

  /** These options with more links. */
  EndpointOptions withLinks(List<String> more) {
    Map<String, String> all = new LinkedHashMap<>(links);
    all.putAll(links(more));
    return new EndpointOptions(aliases, Map.copyOf(all), ip, ip6, mac);
  }

  private static Map<String, String> links(List<String> texts) {
    Map<String, String> links = new LinkedHashMap<>();
    for (String each : texts) {
      String[] parts = each.split(":", -1);
      if (parts.length > 2 || parts[0].isEmpty() || parts[parts.length - 1].isEmpty()) {
        throw HttpError.badRequest("invalid Links: not CONTAINER:ALIAS: \"" + each + "\"");
      }
      links.put(parts[parts.length - 1], parts[0]);
    }
    return links;
  }

  /** Whether a network that no user has made could not give what is asked for. */
  boolean needsNetworkOfUser() {
    return !aliases.isEmpty() || !links.isEmpty() || !ip.isEmpty() || !ip6.isEmpty();
  }
}
