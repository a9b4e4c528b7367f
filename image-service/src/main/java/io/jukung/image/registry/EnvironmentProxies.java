package io.jukung.image.registry;

import com.google.common.net.InetAddresses;
import io.jukung.cri.ErrorKind;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that environment variables name, as programs in Go read them
 * (golang.org/x/net/http/httpproxy): HTTPS_PROXY or HTTP_PROXY, by the scheme of the request, and
 * NO_PROXY for exceptions; each name in lower case if there is none in upper case. Requests to this
 * machine never go through a proxy.
 */
final class EnvironmentProxies implements ProxyRule {
  private final Variable http;
  private final Variable https;
  private final Variable none;
  private final List<Exemption> exemptions;

  /** A variable that is set. */
  private record Variable(String name, String value) {}

  /** An entry of NO_PROXY. */
  private sealed interface Exemption {
    boolean covers(String host, @Nullable InetAddress address, int port);
  }

  /** The entry {@code *}. */
  private record Everything() implements Exemption {
    @Override
    public boolean covers(String host, @Nullable InetAddress address, int port) {
      return true;
    }
  }

  /**
   * A range of addresses; a single address is a range of one.
   *
   * @param port 0 for every port
   */
  private record Range(byte[] first, int prefixBits, int port) implements Exemption {
    @Override
    public boolean covers(String host, @Nullable InetAddress address, int ofPort) {
      if (address == null || (port != 0 && port != ofPort)) {
        return false;
      }
      byte[] bytes = address.getAddress();
      if (bytes.length != first.length) {
        return false;
      }
      for (int bit = 0; bit < prefixBits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if (((bytes[bit / 8] ^ first[bit / 8]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * A domain.
   *
   * @param suffix begins with a dot
   * @param itself whether the domain itself is meant, beside the names below it
   * @param port 0 for every port
   */
  private record Domain(String suffix, boolean itself, int port) implements Exemption {
    @Override
    public boolean covers(String host, @Nullable InetAddress address, int ofPort) {
      return (host.endsWith(suffix) || (itself && host.equals(suffix.substring(1))))
          && (port == 0 || port == ofPort);
    }
  }

  private EnvironmentProxies(Map<String, String> environment) {
    this.http = variable(environment, "HTTP_PROXY");
    this.https = variable(environment, "HTTPS_PROXY");
    this.none = variable(environment, "NO_PROXY");
    this.exemptions = exemptions(none.value());
  }

  /** Reads the variables of a process's environment. */
  static EnvironmentProxies of(Map<String, String> environment) {
    return new EnvironmentProxies(environment);
  }

  private static Variable variable(Map<String, String> environment, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    String upperValue = environment.getOrDefault(name, "");
    return upperValue.isEmpty()
        ? new Variable(lower, environment.getOrDefault(lower, ""))
        : new Variable(name, upperValue);
  }

  private static List<Exemption> exemptions(String text) {
    List<Exemption> exemptions = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String entry = part.strip().toLowerCase(Locale.ROOT);
      if (entry.equals("*")) {
        return List.of(new Everything());
      }
      Exemption exemption = exemption(entry);
      if (exemption != null) {
        exemptions.add(exemption);
      }
    }
    return exemptions;
  }

  /** Returns null for an entry that means nothing. Go ignores such an entry, too. */
  private static @Nullable Exemption exemption(String entry) {
    int slash = entry.indexOf('/');
    if (slash > 0) {
      return range(entry.substring(0, slash), entry.substring(slash + 1));
    }
    String host = entry;
    int port = 0;
    int colon = entry.lastIndexOf(':');
    boolean isHostWithPort = colon >= 0 && (entry.indexOf(':') == colon || entry.contains("]:"));
    if (isHostWithPort) {
      String digits = entry.substring(colon + 1);
      if (!digits.matches("[0-9]{1,5}")) {
        return null;
      }
      host = entry.substring(0, colon);
      port = Integer.parseInt(digits);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (InetAddresses.isInetAddress(host)) {
      byte[] address = InetAddresses.forString(host).getAddress();
      return new Range(address, address.length * 8, port);
    }
    if (host.startsWith("*.")) {
      host = host.substring(1);
    }
    if (host.isEmpty()) {
      return null;
    }
    return host.startsWith(".")
        ? new Domain(host, false, port)
        : new Domain("." + host, true, port);
  }

  private static @Nullable Exemption range(String address, String bits) {
    if (!InetAddresses.isInetAddress(address) || !bits.matches("[0-9]{1,3}")) {
      return null;
    }
    byte[] first = InetAddresses.forString(address).getAddress();
    int prefixBits = Integer.parseInt(bits);
    return prefixBits > first.length * 8 ? null : new Range(first, prefixBits, 0);
  }

  @Override
  public Optional<ProxyServer> of(URI target) throws RegistryException {
    Variable variable = variableFor(target);
    if (variable.value().isEmpty() || isDirect(target)) {
      return Optional.empty();
    }
    try {
      return Optional.of(ProxyServer.parse(variable.value()));
    } catch (IllegalArgumentException e) {
      throw new RegistryException(
          ErrorKind.FAILED_PRECONDITION,
          variable.name() + " of the daemon's environment " + e.getMessage());
    }
  }

  @Override
  public Optional<String> explain(URI target) {
    Variable variable = variableFor(target);
    if (variable.value().isEmpty()) {
      return Optional.empty();
    }
    if (isOfThisMachine(target)) {
      return Optional.of("no proxy: the host is this machine");
    }
    try {
      return Optional.of(
          of(target)
              .map(proxy -> "proxy " + proxy + " (" + variable.name() + ")")
              .orElse("no proxy (" + none.name() + " is " + none.value() + ")"));
    } catch (RegistryException e) {
      return Optional.of("no request is possible: " + e.getMessage());
    }
  }

  private Variable variableFor(URI target) {
    return target.getScheme().equals("https") ? https : http;
  }

  private boolean isDirect(URI target) {
    if (isOfThisMachine(target)) {
      return true;
    }
    String host = host(target);
    int port = Destination.port(target);
    InetAddress address = address(host);
    return exemptions.stream().anyMatch(each -> each.covers(host, address, port));
  }

  private static boolean isOfThisMachine(URI target) {
    String host = host(target);
    InetAddress address = address(host);
    return host.equals("localhost") || (address != null && address.isLoopbackAddress());
  }

  /** The host in lower case, without the brackets of an IPv6 address. */
  private static String host(URI target) {
    String host = target.getHost().toLowerCase(Locale.ROOT);
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** Returns null for a name: NO_PROXY compares names as they are written. */
  private static @Nullable InetAddress address(String host) {
    return InetAddresses.isInetAddress(host) ? InetAddresses.forString(host) : null;
  }
}
