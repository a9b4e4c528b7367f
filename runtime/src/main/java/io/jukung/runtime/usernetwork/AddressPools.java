package io.jukung.runtime.usernetwork;

import io.jukung.cri.CriException;
import io.jukung.runtime.config.Config;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;

/** Chooses subnets for networks whose maker names none. Thread-safe. */
final class AddressPools {
  private static final Path ROUTES = Path.of("/proc/self/net/route");

  /** The columns of that file: interface, destination, gateway, flags, …, mask. */
  private static final int DESTINATION = 1;

  private static final int MASK = 7;
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  /** Unique local addresses (RFC 4193): fd, 40 random bits, a subnet of 64 bits. */
  private static final int LOCAL_PREFIX = 64;

  private static final int LOCAL_RANDOM_BYTES = 5;
  private static final int LOCAL_FIRST_BYTE = 0xfd;

  private volatile Config.Network settings;

  AddressPools(Config.Network settings) {
    this.settings = settings;
  }

  void use(Config.Network newSettings) {
    settings = newSettings;
  }

  /**
   * Chooses a subnet of IPv4 that overlaps neither with the others nor with a route of the host.
   *
   * @throws CriException FAILED_PRECONDITION if there is none
   */
  Subnet ipv4(Collection<Subnet> others) throws IOException {
    Config.Network pools = settings;
    List<Subnet> taken = new ArrayList<>(others);
    taken.addAll(routes());
    for (String text : pools.addressPools()) {
      Subnet pool = Subnet.parse(text);
      int prefix = Math.max(pool.prefix(), pools.addressPoolPrefix());
      for (Subnet each = Subnet.of(pool.first(), prefix, pool.bits());
          pool.contains(each);
          each = each.next()) {
        if (taken.stream().noneMatch(each::overlaps)) {
          return each;
        }
      }
    }
    throw CriException.failedPrecondition(
        "every subnet of network.address_pools "
            + pools.addressPools()
            + " is in use by a network or a route of the host; name one with --subnet");
  }

  /** Chooses a subnet of unique local addresses of IPv6. */
  Subnet ipv6() {
    byte[] address = new byte[IPV6_BITS / Byte.SIZE];
    byte[] chosen = new byte[LOCAL_RANDOM_BYTES];
    new SecureRandom().nextBytes(chosen); // made here, because few daemons need one
    address[0] = (byte) LOCAL_FIRST_BYTE;
    System.arraycopy(chosen, 0, address, 1, chosen.length);
    return new Subnet(new BigInteger(1, address), LOCAL_PREFIX, IPV6_BITS);
  }

  /** The destinations of the host's routes of IPv4, without the default route. */
  private static List<Subnet> routes() throws IOException {
    try {
      return parseRoutes(Files.readAllLines(ROUTES));
    } catch (NoSuchFileException e) {
      return List.of(); // the host has no IPv4
    }
  }

  /** Reads the table of /proc/net/route, whose addresses are in the host's byte order. */
  static List<Subnet> parseRoutes(List<String> lines) throws IOException {
    List<Subnet> routes = new ArrayList<>();
    for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
      String[] columns = line.strip().split("\\s+", -1);
      if (columns.length > MASK) {
        int prefix = Subnet.number(address(columns[MASK])).bitCount();
        if (prefix > 0) {
          routes.add(Subnet.of(Subnet.number(address(columns[DESTINATION])), prefix, IPV4_BITS));
        }
      }
    }
    return routes;
  }

  private static InetAddress address(String hexadecimal) throws IOException {
    byte[] bytes = HexFormat.of().parseHex(hexadecimal);
    for (int i = 0; i < bytes.length / 2; i++) { // all supported machines are little-endian
      byte first = bytes[i];
      bytes[i] = bytes[bytes.length - 1 - i];
      bytes[bytes.length - 1 - i] = first;
    }
    return InetAddress.getByAddress(bytes);
  }
}
