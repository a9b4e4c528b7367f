package io.jukung.runtime.usernetwork;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.jukung.runtime.store.Json;
import java.util.List;
import java.util.Map;

/**
 * {@code network.json}: what is known of a network that a user has made.
 *
 * <pre>
 *   (created) ──► in use or not ──► removing ──► (removed)
 * </pre>
 *
 * A record that is found removing when the daemon starts is removed completely.
 *
 * @param version {@link #VERSION}
 * @param createdAt nanoseconds since the epoch
 * @param ranges the addresses: one range of IPv4, and perhaps one of IPv6
 * @param internal whether it leads nowhere but to its containers and the host
 * @param removing whether its removal has begun
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
record NetworkRecord(
    int version,
    String id,
    String name,
    NetworkDriver driver,
    long createdAt,
    List<Range> ranges,
    boolean internal,
    Map<String, String> options,
    Map<String, String> labels,
    boolean removing) {
  static final int VERSION = 1;

  /** An interface's name has 15 characters at most (IFNAMSIZ). */
  private static final int SHORT_ID = 12;

  /** What the names of all bridges of user networks begin with. */
  static final String BRIDGE_PREFIX = "jk";

  /**
   * Checks what a damaged file may lack.
   *
   * @throws IllegalArgumentException if the id, the name or the driver is missing
   */
  NetworkRecord {
    id = Json.orEmpty(id);
    name = Json.orEmpty(name);
    if (id.length() < SHORT_ID || name.isEmpty() || driver == null) {
      throw new IllegalArgumentException("it has no id, no name or no driver");
    }
    ranges = Json.orEmpty(ranges);
    options = Json.orEmpty(options);
    labels = Json.orEmpty(labels);
  }

  /**
   * Addresses of one family.
   *
   * @param gateway the address of the host in the network
   * @param ipRange the part of the subnet that containers get addresses from; empty: all of it
   */
  @JsonInclude(Include.NON_EMPTY)
  record Range(String subnet, String gateway, String ipRange) {
    Range {
      subnet = Json.orEmpty(subnet);
      gateway = Json.orEmpty(gateway);
      ipRange = Json.orEmpty(ipRange);
    }

    Subnet parsed() {
      return Subnet.parse(subnet);
    }
  }

  NetworkRecord beingRemoved() {
    return new NetworkRecord(
        version, id, name, driver, createdAt, ranges, internal, options, labels, true);
  }

  boolean hasIpv6() {
    return ranges.stream().anyMatch(each -> each.parsed().isIpv6());
  }

  private String shortId() {
    return id.substring(0, SHORT_ID);
  }

  /** The bridge on the host, which exists since the first container was connected. */
  String bridge() {
    return BRIDGE_PREFIX + shortId();
  }

  /** The name for plugins, which becomes part of file names and of the plugins' own names. */
  String cniName() {
    return "jukung-" + id;
  }

  /** The table of the packet filter that keeps the network apart from others. */
  String table() {
    return "jukung-" + shortId();
  }

  /** Whether a container reaches other networks through this one. */
  boolean leadsOut() {
    return !internal;
  }
}
