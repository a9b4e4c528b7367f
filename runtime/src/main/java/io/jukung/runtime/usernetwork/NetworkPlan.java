package io.jukung.runtime.usernetwork;

import com.google.common.net.InetAddresses;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.NetworkRange;
import io.jukung.cri.CriException;
import io.jukung.runtime.usernetwork.NetworkRecord.Range;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Checks a request for a network, and completes its addresses. */
final class NetworkPlan {
  /** A subnet needs addresses for the host and for two containers, and the two outer ones. */
  private static final int LEAST_HOST_BITS = 3;

  private NetworkPlan() {}

  /** The driver that the request names. */
  static NetworkDriver driver(CreateNetworkRequest request) {
    String name = request.getDriver().isEmpty() ? "bridge" : request.getDriver();
    NetworkDriver driver =
        NetworkDriver.find(name)
            .orElseThrow(
                () -> invalid("there is no driver " + name + ", only bridge, macvlan and ipvlan"));
    try {
      driver.check(request.getOptionsMap());
    } catch (IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
    if (request.getInternal() && driver != NetworkDriver.BRIDGE) {
      throw invalid(
          "a network of the driver "
              + driver
              + " cannot be internal: its containers are in the network of the parent");
    }
    return driver;
  }

  /**
   * The addresses of the network: those of the request, and others where it names none.
   *
   * @param others the subnets of other networks
   */
  static List<Range> ranges(
      CreateNetworkRequest request, AddressPools pools, Collection<Subnet> others)
      throws IOException {
    List<Range> ranges = new ArrayList<>();
    boolean hasIpv4 = false;
    boolean hasIpv6 = false;
    for (NetworkRange each : request.getRangesList()) {
      if (each.getSubnet().isEmpty()) {
        throw invalid("a gateway and an IP range need a subnet: name it with --subnet");
      }
      Range range = range(each, others);
      boolean isIpv6 = range.parsed().isIpv6();
      if (isIpv6 ? hasIpv6 : hasIpv4) {
        throw invalid("a network has at most one subnet of IPv4 and one of IPv6");
      }
      hasIpv6 |= isIpv6;
      hasIpv4 |= !isIpv6;
      ranges.add(range);
    }
    if (!hasIpv4) {
      ranges.addFirst(complete(pools.ipv4(others), "", ""));
    }
    if (request.getIpv6() && !hasIpv6) {
      ranges.add(complete(pools.ipv6(), "", ""));
    }
    return ranges;
  }

  private static Range range(NetworkRange asked, Collection<Subnet> others) {
    Subnet subnet = parse(asked.getSubnet());
    if (subnet.bits() - subnet.prefix() < LEAST_HOST_BITS) {
      throw invalid("subnet " + subnet + " is too small for a network");
    }
    others.stream()
        .filter(subnet::overlaps)
        .findFirst()
        .ifPresent(
            other -> {
              throw CriException.failedPrecondition(
                  "CreateNetwork: subnet "
                      + subnet
                      + " overlaps with "
                      + other
                      + " of another network");
            });
    if (!asked.getIpRange().isEmpty()) {
      Subnet part = parse(asked.getIpRange());
      if (!subnet.contains(part) || part.bits() - part.prefix() < 1) {
        throw invalid("IP range " + part + " is not a part of subnet " + subnet);
      }
    }
    if (!asked.getGateway().isEmpty()) {
      InetAddress gateway;
      try {
        gateway = InetAddresses.forString(asked.getGateway());
      } catch (IllegalArgumentException e) {
        throw invalid("not an address of a gateway: " + asked.getGateway());
      }
      if (!subnet.contains(gateway) || gateway.equals(subnet.address(0))) {
        throw invalid("gateway " + asked.getGateway() + " is no address of subnet " + subnet);
      }
    }
    return complete(subnet, asked.getGateway(), asked.getIpRange());
  }

  private static Range complete(Subnet subnet, String gateway, String ipRange) {
    return new Range(
        subnet.toString(), gateway.isEmpty() ? Subnet.text(subnet.address(1)) : gateway, ipRange);
  }

  private static Subnet parse(String text) {
    try {
      return Subnet.parse(text);
    } catch (IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  private static CriException invalid(String why) {
    return CriException.invalidArgument("CreateNetwork: " + why);
  }
}
