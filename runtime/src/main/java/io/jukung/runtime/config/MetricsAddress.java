package io.jukung.runtime.config;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** Where metrics are served, as it is written in the configuration. */
public final class MetricsAddress {
  private static final String UNIX = "unix:";

  private MetricsAddress() {}

  /**
   * Understands {@code 127.0.0.1:9413}, {@code [::1]:9413} and {@code unix:/run/jukung/metrics}.
   *
   * @throws IllegalArgumentException with the reason, if the text is none of these, or an address
   *     that other machines can reach
   */
  public static SocketAddress parse(String text) {
    if (text.startsWith(UNIX)) {
      Path path = Path.of(text.substring(UNIX.length()));
      if (!path.isAbsolute()) {
        throw new IllegalArgumentException("\"" + text + "\" has no absolute path");
      }
      return UnixDomainSocketAddress.of(path.normalize());
    }
    HostAndPort parts;
    InetAddress host;
    try {
      parts = HostAndPort.fromString(text).requireBracketsForIPv6();
      host = InetAddresses.forString(parts.getHost());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(form(text), e);
    }
    if (!parts.hasPort() || parts.getPort() == 0) {
      throw new IllegalArgumentException(form(text));
    }
    if (!host.isLoopbackAddress()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" can be reached by other machines; metrics have no password");
    }
    return new InetSocketAddress(host, parts.getPort());
  }

  private static String form(String text) {
    return "\"" + text + "\" is not an address (write \"127.0.0.1:9413\" or \"unix:/path\")";
  }
}
