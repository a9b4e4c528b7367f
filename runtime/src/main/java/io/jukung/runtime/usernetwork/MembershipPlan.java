package io.jukung.runtime.usernetwork;

import com.google.common.net.InetAddresses;
import io.jukung.cri.CriException;
import io.jukung.runtime.own.PodOptions.NetworkOption;
import io.jukung.runtime.store.SandboxRecord.Membership;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads which networks a pod asks for, and refuses what no network could give it. */
final class MembershipPlan {
  private static final Pattern MAC = Pattern.compile("\\p{XDigit}{2}(:\\p{XDigit}{2}){5}");

  /** What resolvers take for a name; longer labels cannot be asked for (RFC 1035). */
  private static final Pattern ALIAS = Pattern.compile("[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,61})");

  /** More than any pod needs, and as few as plugins can be called for in the time of a call. */
  private static final int MAX_NETWORKS = 16;

  private final Networks networks;

  MembershipPlan(Networks networks) {
    this.networks = networks;
  }

  /** The memberships that options ask for, in their order. */
  List<Membership> of(List<NetworkOption> options) {
    if (options.size() > MAX_NETWORKS) {
      throw CriException.invalidArgument(
          "options.networks has more than " + MAX_NETWORKS + " networks");
    }
    List<Membership> memberships = new ArrayList<>();
    for (NetworkOption each : options) {
      Membership next = of(each);
      if (memberships.stream().anyMatch(other -> other.networkId().equals(next.networkId()))) {
        throw CriException.invalidArgument("network " + each.network() + " is named twice");
      }
      boolean alone = options.size() == 1;
      if (next.networkId().equals(Membership.NO_NETWORK) && !alone) {
        throw CriException.invalidArgument("network none does not go with other networks");
      }
      if (next.networkId().equals(Membership.POD_NETWORK) && !memberships.isEmpty()) {
        throw CriException.invalidArgument("network bridge must be the first of several");
      }
      memberships.add(next);
    }
    return memberships;
  }

  private Membership of(NetworkOption option) {
    String reference = option.network();
    boolean isPodNetwork = Set.of("bridge", "default", "pod").contains(reference);
    if (isPodNetwork || reference.equals("none")) {
      refuseSettings(option, reference);
      return membership(isPodNetwork ? Membership.POD_NETWORK : Membership.NO_NETWORK, option);
    }
    if (reference.equals("host")) {
      throw CriException.invalidArgument("network host does not go with other networks");
    }
    NetworkRecord network = networks.get(reference);
    return checked(network, membership(network.id(), option));
  }

  private static Membership membership(String id, NetworkOption option) {
    return new Membership(
        id,
        "",
        option.aliases(),
        option.links(),
        option.ip(),
        option.ip6(),
        option.mac(),
        List.of());
  }

  /** As docker: what names and addresses need is only in networks of users. */
  private static void refuseSettings(NetworkOption option, String network) {
    if (!option.ip().isEmpty()
        || !option.ip6().isEmpty()
        || !option.aliases().isEmpty()
        || !option.links().isEmpty()
        || !option.mac().isEmpty()) {
      throw CriException.invalidArgument(
          "addresses, aliases and links need a network of `network create`, not " + network);
    }
  }

  /** Checks a membership against the network that it is in. */
  static Membership checked(NetworkRecord network, Membership membership) {
    checkAddress(network, membership.ip(), /* isIpv6= */ false);
    checkAddress(network, membership.ip6(), /* isIpv6= */ true);
    checkNames("alias", membership.aliases());
    checkNames("link", membership.links().keySet());
    checkNames("link", membership.links().values());
    if (!membership.mac().isEmpty()) {
      if (!MAC.matcher(membership.mac()).matches()) {
        throw CriException.invalidArgument("not a hardware address: " + membership.mac());
      }
      if (network.driver() == NetworkDriver.IPVLAN) {
        throw CriException.invalidArgument(
            "a hardware address cannot be given in network "
                + network.name()
                + ": with ipvlan all containers have that of the parent");
      }
    }
    return membership;
  }

  private static void checkNames(String what, Collection<String> names) {
    for (String each : names) {
      if (!ALIAS.matcher(each).matches()) {
        throw CriException.invalidArgument(
            what + " is not a name: \"" + each + "\" (letters, digits, _ . -, at most 62)");
      }
    }
  }

  private static void checkAddress(NetworkRecord network, String text, boolean isIpv6) {
    if (text.isEmpty()) {
      return;
    }
    InetAddress address;
    try {
      address = InetAddresses.forString(text);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument("not an address: " + text);
    }
    boolean isThere =
        network.ranges().stream()
            .map(NetworkRecord.Range::parsed)
            .anyMatch(each -> each.isIpv6() == isIpv6 && each.contains(address));
    if (!isThere) {
      throw CriException.invalidArgument(
          "address "
              + text
              + " is in no "
              + (isIpv6 ? "IPv6" : "IPv4")
              + " subnet of network "
              + network.name());
    }
  }

  /** The addresses that a membership asks for, as plugins take them. */
  static List<String> addresses(NetworkRecord network, Membership membership) {
    List<String> addresses = new ArrayList<>();
    for (NetworkRecord.Range each : network.ranges()) {
      Subnet subnet = each.parsed();
      String asked = subnet.isIpv6() ? membership.ip6() : membership.ip();
      if (!asked.isEmpty()) {
        addresses.add(asked + "/" + subnet.prefix());
      }
    }
    return addresses;
  }
}
