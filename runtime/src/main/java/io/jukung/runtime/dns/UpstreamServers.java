package io.jukung.runtime.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The name servers of the host's resolv.conf(5), which is read again when an answer is old. Not
 * thread-safe.
 */
final class UpstreamServers {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamServers.class);

  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final int PORT = 53;

  /** As many as the resolver of libc asks. */
  private static final int MAX_SERVERS = 3;

  private List<InetSocketAddress> ofHost = List.of();
  private long readAt;
  private boolean read;

  /**
   * The servers to ask, in order.
   *
   * @param named addresses that are asked instead of the host's servers; empty: none
   */
  List<InetSocketAddress> of(List<String> named) {
    return named.isEmpty() ? ofHost() : parse(named);
  }

  private List<InetSocketAddress> ofHost() {
    if (!read || System.nanoTime() - readAt > FRESH.toNanos()) {
      try {
        ofHost = parse(ResolvConf.parse(Files.readString(RESOLV_CONF)).servers());
      } catch (IOException e) {
        LOG.warn("the host's name servers are not known: {}", e.toString());
        ofHost = List.of();
      }
      readAt = System.nanoTime();
      read = true;
    }
    return ofHost;
  }

  private static List<InetSocketAddress> parse(List<String> addresses) {
    List<InetSocketAddress> servers = new ArrayList<>();
    for (String each : addresses) {
      try {
        servers.add(new InetSocketAddress(InetAddress.ofLiteral(each), PORT));
      } catch (IllegalArgumentException e) {
        LOG.debug("not the address of a name server: {}", each);
      }
    }
    return servers.subList(0, Math.min(servers.size(), MAX_SERVERS));
  }
}
