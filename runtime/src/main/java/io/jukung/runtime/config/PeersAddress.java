package io.jukung.runtime.config;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import java.net.InetSocketAddress;

/** Where other nodes fetch images, as it is written in the configuration. */
public final class PeersAddress {
  private PeersAddress() {}

  /**
   * Understands {@code 10.0.0.1:5001} and {@code [::]:5001}.
   *
   * @throws IllegalArgumentException with the reason, if the text is neither
   */
  public static InetSocketAddress parse(String text) {
    try {
      HostAndPort parts = HostAndPort.fromString(text).requireBracketsForIPv6();
      if (parts.hasPort() && parts.getPort() > 0) {
        return new InetSocketAddress(InetAddresses.forString(parts.getHost()), parts.getPort());
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(form(text), e);
    }
    throw new IllegalArgumentException(form(text));
  }

  private static String form(String text) {
    return "\"" + text + "\" is not an address (write \"127.0.0.1:5001\" or \"10.0.0.1:5001\")";
  }
}
