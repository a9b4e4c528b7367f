package io.jukung.engine;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place where the API is served. */
sealed interface ListenAddress {
  /** A socket in the file system, which the engine makes. */
  record Socket(Path path) implements ListenAddress {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** The socket that systemd passes as standard input (systemd.exec(5), StandardInput=socket). */
  record Inherited() implements ListenAddress {
    @Override
    public String toString() {
      return "the socket of systemd";
    }
  }

  /**
   * A TCP port, with TLS.
   *
   * @param host a name or an address of the node
   */
  record Tcp(String host, int port) implements ListenAddress {
    InetSocketAddress address() {
      return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
      return "tcp://" + host + ":" + port;
    }
  }

  /** A host, which is in brackets if it is an address of IPv6, and a port. */
  Pattern TCP = Pattern.compile("tcp://(?:\\[([^]]+)]|([^:/]+)):([0-9]{1,5})");

  /**
   * Reads a value of {@code --listen}.
   *
   * @throws IllegalArgumentException with a sentence for the user
   */
  static ListenAddress parse(String text) {
    if (text.equals("fd://")) {
      return new Inherited();
    }
    if (text.startsWith("tcp://")) {
      Matcher matcher = TCP.matcher(text);
      if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65535) {
        throw new IllegalArgumentException("--listen is not tcp://ADDRESS:PORT: " + text);
      }
      String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
      return new Tcp(host, Integer.parseInt(matcher.group(3)));
    }
    String path = text.startsWith("unix://") ? text.substring("unix://".length()) : text;
    if (path.contains("://") || path.isEmpty()) {
      throw new IllegalArgumentException(
          "--listen is not a path, fd:// or tcp://ADDRESS:PORT: " + text);
    }
    return new Socket(Path.of(path));
  }
}
