package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a registry wants to send us, by a redirect or as a token server, and whether we go: a
 * registry's answer must not make this machine talk to its own services or to the metadata service
 * of its cloud, nor bring a secured conversation into the open.
 */
final class Destination {
  private Destination() {}

  /** The target of a redirect that {@code from} answered. */
  static URI ofRedirect(URI from, Optional<String> location) throws RegistryException {
    if (location.isEmpty() || location.get().isBlank()) {
      throw refused(from, "redirects to nowhere");
    }
    URI target = parse(from, location.get(), "redirects");
    if (from.getScheme().equals("https") && !target.getScheme().equals("https")) {
      throw refused(from, "redirects from https to plain http");
    }
    checkAddress(from, target, "redirects");
    return target;
  }

  /** The token server that a challenge of {@code from} names. */
  static URI ofRealm(URI from, String realm) throws RegistryException {
    URI target = parse(from, realm, "has a token server");
    boolean open = target.getScheme().equals("http");
    if (open && !(from.getScheme().equals("http") && host(from).equals(host(target)))) {
      throw refused(from, "has a token server by plain http: " + target.getRawAuthority());
    }
    checkAddress(from, target, "has a token server");
    return target;
  }

  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equals(other.getScheme())
        && host(one).equals(host(other))
        && port(one) == port(other);
  }

  private static URI parse(URI from, String text, String verb) throws RegistryException {
    URI target;
    try {
      target = from.resolve(text);
    } catch (IllegalArgumentException e) {
      throw refused(from, verb + " to what is not a URL");
    }
    String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
    if (target.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw refused(from, verb + " that is not a host by http or https");
    }
    if (target.getRawUserInfo() != null) {
      throw refused(from, verb + " with a user in the URL");
    }
    // One spelling, which comparisons rely on.
    return target.getScheme().equals(scheme)
        ? target
        : URI.create(scheme + target.toString().substring(scheme.length()));
  }

  private static void checkAddress(URI from, URI target, String verb) throws RegistryException {
    if (host(from).equals(host(target))) {
      return;
    }
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(target.getHost());
    } catch (UnknownHostException e) {
      return; // by a proxy it may still be found; without one the request fails and says so
    }
    for (InetAddress address : addresses) {
      if (address.isLinkLocalAddress()) {
        throw refused(from, verb + " to a link-local address: " + target.getRawAuthority());
      }
      if ((address.isLoopbackAddress() || address.isAnyLocalAddress())
          && !RegistryHosts.isLoopback(from.getRawAuthority())) {
        throw refused(from, verb + " to this machine itself: " + target.getRawAuthority());
      }
    }
  }

  private static String host(URI uri) {
    return uri.getHost().toLowerCase(Locale.ROOT);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  private static RegistryException refused(URI from, String reason) {
    return new RegistryException(
        ErrorKind.PERMISSION_DENIED, from.getRawAuthority() + " " + reason + ", which is refused");
  }
}
