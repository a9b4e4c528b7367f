package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that a node's pods get their addresses from, in order; one range of each address
 * family.
 *
 * @param ranges texts such as {@code 10.244.1.0/24}; never empty
 */
record PodCidrs(List<String> ranges) {
  private static final Pattern RANGE =
      Pattern.compile(
          "(?<address>\\d+(\\.\\d+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)/(?<prefix>\\d{1,3})");

  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  PodCidrs {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads kubelet's {@code pod_cidr}.
   *
   * @param text one range, or several that are separated by commas
   * @throws CriException INVALID_ARGUMENT if a part is not a range of addresses
   */
  static PodCidrs parse(String text) {
    List<String> ranges = new ArrayList<>();
    for (String range : text.split(",", -1)) {
      family(range.strip());
      ranges.add(range.strip());
    }
    return new PodCidrs(ranges);
  }

  /** The routes to all destinations, one for each address family of the ranges. */
  List<String> routes() {
    Set<String> routes = new LinkedHashSet<>();
    for (String range : ranges) {
      routes.add(family(range) == IPV4_BITS ? "0.0.0.0/0" : "::/0");
    }
    return List.copyOf(routes);
  }

  /** Returns the number of bits of the addresses in a range. */
  private static int family(String range) {
    Matcher matcher = RANGE.matcher(range);
    if (matcher.matches()) {
      try {
        int bits =
            InetAddress.ofLiteral(matcher.group("address")) instanceof Inet4Address
                ? IPV4_BITS
                : IPV6_BITS;
        if (Integer.parseInt(matcher.group("prefix")) <= bits) {
          return bits;
        }
      } catch (IllegalArgumentException e) {
        throw invalid(range, e);
      }
    }
    throw invalid(range, null);
  }

  private static CriException invalid(String range, @Nullable Exception cause) {
    return new CriException(
        ErrorKind.INVALID_ARGUMENT,
        "runtime_config.network_config.pod_cidr: not a range of addresses: \"" + range + "\"",
        cause);
  }
}
