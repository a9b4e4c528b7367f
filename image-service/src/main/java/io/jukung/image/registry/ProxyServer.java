package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Base64;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * An HTTP proxy: a server that forwards requests, and connections for TLS by CONNECT (RFC 9110,
 * 9.3.6). {@link #toString} shows no secret.
 */
final class ProxyServer {
  private static final int DEFAULT_PORT = 80;
  private static final int MAX_PORT = 0xffff;

  private final String host;
  private final int port;
  private final Optional<String> authorization;

  private ProxyServer(String host, int port, Optional<String> authorization) {
    this.host = host;
    this.port = port;
    this.authorization = authorization;
  }

  /**
   * Parses {@code http://user:password@host:port}; the scheme, the user and the port may be left
   * out, and parts of the user may be percent-encoded.
   *
   * @throws IllegalArgumentException if it is another text; the message does not quote the text,
   *     which may have a password
   */
  static ProxyServer parse(String text) {
    URI uri;
    try {
      uri = new URI(text.contains("://") ? text : "http://" + text);
    } catch (URISyntaxException e) {
      // Without the cause, whose message quotes the text.
      throw new IllegalArgumentException("is not the URL of a proxy");
    }
    String scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
    if (!scheme.equals("http")) {
      throw new IllegalArgumentException(
          "names a proxy of the scheme " + scheme + ", and only http is supported");
    }
    if (uri.getHost() == null || uri.getPort() > MAX_PORT) {
      throw new IllegalArgumentException("is not the URL of a proxy");
    }
    Optional<String> user = Optional.ofNullable(uri.getRawUserInfo());
    return new ProxyServer(
        uri.getHost(),
        uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
        user.map(ProxyServer::basic));
  }

  private static String basic(String userInfo) {
    // URLDecoder turns a plus into a space, which only forms mean by it.
    String plain = URLDecoder.decode(userInfo.replace("+", "%2B"), UTF_8);
    String pair = plain.contains(":") ? plain : plain + ":";
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8));
  }

  /** The address to connect to. The name is resolved now. */
  InetSocketAddress address() {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return new InetSocketAddress(name, port);
  }

  /** The value of the header Proxy-Authorization; empty for a proxy without a user. */
  Optional<String> authorization() {
    return authorization;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProxyServer that
        && host.equals(that.host)
        && port == that.port
        && authorization.equals(that.authorization);
  }

  @Override
  public int hashCode() {
    return Objects.hash(host, port, authorization);
  }

  @Override
  public String toString() {
    return "http://" + host + ":" + port + (authorization.isPresent() ? " (with a user)" : "");
  }
}
