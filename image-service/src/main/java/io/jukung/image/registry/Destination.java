package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;

/**
 * Checks the URLs that a registry's answer names: targets of redirects, and token servers. A
 * registry must not be able to make this machine send requests to its own services or to its
 * cloud's metadata service, nor to continue a TLS conversation in plain http.
 */
final class Destination {
  private static final String REDIRECT = "redirects to ";
  private static final String TOKEN_SERVER = "names a token server at ";
  private static final String UPLOAD = "wants the blob to be uploaded to ";

  private Destination() {}

  /**
   * The target of a redirect.
   *
   * @param from the URL that was answered with the redirect
   * @param location the Location header, which may be relative
   * @throws RegistryException PERMISSION_DENIED for a target that is refused
   */
  static URI ofRedirect(URI from, Optional<String> location) throws RegistryException {
    if (location.isEmpty() || location.get().isBlank()) {
      throw refused(from, "redirects without a Location");
    }
    URI target = parse(from, location.get(), REDIRECT);
    if (from.getScheme().equals("https") && !target.getScheme().equals("https")) {
      throw refused(from, "redirects from https to plain http");
    }
    checkAddress(from, target, REDIRECT);
    return target;
  }

  /**
   * The URL of an upload. A registry behind a proxy that ends TLS often does not know that it is
   * reached by https: where it names its own host by http, https is meant.
   *
   * @param from the URL that was answered
   * @param location the Location header, which may be relative
   * @throws RegistryException PERMISSION_DENIED for a URL that is refused
   */
  static URI ofUpload(URI from, Optional<String> location) throws RegistryException {
    if (location.isEmpty() || location.get().isBlank()) {
      throw refused(from, "begins an upload without a Location");
    }
    URI target = parse(from, location.get(), UPLOAD);
    if (from.getScheme().equals("https") && target.getScheme().equals("http")) {
      boolean own = host(from).equals(host(target)) && isPortOf(from, target);
      if (!own) {
        throw refused(from, "places an upload by plain http");
      }
      String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
      return URI.create("https://" + from.getRawAuthority() + target.getRawPath() + query);
    }
    checkAddress(from, target, UPLOAD);
    return target;
  }

  private static boolean isPortOf(URI from, URI target) {
    return target.getPort() < 0 || target.getPort() == 80 || target.getPort() == from.getPort();
  }

  /**
   * The token server that a challenge names.
   *
   * @param from the base URL of the host that sent the challenge
   * @param realm the challenge's realm, which may be relative
   * @throws RegistryException PERMISSION_DENIED for a server that is refused
   */
  static URI ofRealm(URI from, String realm) throws RegistryException {
    URI target = parse(from, realm, TOKEN_SERVER);
    boolean open = target.getScheme().equals("http");
    if (open && !(from.getScheme().equals("http") && host(from).equals(host(target)))) {
      throw refused(from, "names a token server by plain http: " + target.getRawAuthority());
    }
    checkAddress(from, target, TOKEN_SERVER);
    return target;
  }

  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equals(other.getScheme())
        && host(one).equals(host(other))
        && port(one) == port(other);
  }

  private static URI parse(URI from, String text, String what) throws RegistryException {
    URI target;
    try {
      target = from.resolve(text);
    } catch (IllegalArgumentException e) {
      throw refused(from, what + "an address that is not a URL");
    }
    String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
    if (target.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw refused(from, what + "an address that is not an http or https URL");
    }
    if (target.getRawUserInfo() != null) {
      throw refused(from, what + "a URL that has a user");
    }
    // The scheme in lower case, because schemes are compared with equals.
    return target.getScheme().equals(scheme)
        ? target
        : URI.create(scheme + target.toString().substring(scheme.length()));
  }

  private static void checkAddress(URI from, URI target, String what) throws RegistryException {
    if (host(from).equals(host(target))) {
      return;
    }
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(target.getHost());
    } catch (UnknownHostException e) {
      return; // a proxy may still resolve the name; without one the request fails and says so
    }
    for (InetAddress address : addresses) {
      if (address.isLinkLocalAddress()) {
        throw refused(from, what + "a link-local address: " + target.getRawAuthority());
      }
      if ((address.isLoopbackAddress() || address.isAnyLocalAddress())
          && !RegistryHosts.isLoopback(from.getRawAuthority())) {
        throw refused(from, what + "an address of this machine: " + target.getRawAuthority());
      }
    }
  }

  private static String host(URI uri) {
    return uri.getHost().toLowerCase(Locale.ROOT);
  }

  static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  private static RegistryException refused(URI from, String reason) {
    return new RegistryException(
        ErrorKind.PERMISSION_DENIED, from.getRawAuthority() + " " + reason + ", which is refused");
  }
}
