package io.jukung.runtime.server;

import io.grpc.ServerInterceptor;
import io.jukung.runtime.config.FileMode;
import io.jukung.runtime.config.MetricsAddress;
import io.jukung.runtime.metrics.CallMetrics;
import io.jukung.runtime.metrics.Family;
import io.jukung.runtime.metrics.MetricsServer;
import io.jukung.runtime.metrics.NodeMetrics;
import io.jukung.runtime.metrics.ProcessMetrics;
import io.jukung.runtime.metrics.PullMetrics;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the metrics together. A class of its own: a daemon without metrics loads none of its
 * classes, also not to verify the class that would create them.
 */
final class MetricsParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsParts.class);

  private static final FileMode ROOT_ONLY = new FileMode(0600);
  private static final String ROOT = "root";

  private final CallMetrics calls = new CallMetrics();
  private final MetricsServer server;
  private final @Nullable ListeningSocket socket;

  /**
   * Begins to count, and to serve what was counted.
   *
   * @param address as in the configuration, not empty
   */
  MetricsParts(String address, NodeParts node) throws StartupException {
    PullMetrics pulls = new PullMetrics();
    node.observe(pulls);
    List<Family> families = new ArrayList<>(calls.families());
    families.addAll(pulls.families());
    families.addAll(new NodeMetrics(node.metricSources()).families());
    families.addAll(ProcessMetrics.families());
    SocketAddress parsed = MetricsAddress.parse(address);
    try {
      if (parsed instanceof UnixDomainSocketAddress unix) {
        socket = ListeningSocket.claim(unix.getPath());
        server = MetricsServer.start(UnixDomainSocketAddress.of(socket.temporary()), families);
        socket.publish(ROOT, ROOT_ONLY);
      } else {
        socket = null;
        server = MetricsServer.start(parsed, families);
      }
    } catch (IOException e) {
      throw new StartupException(
          "metrics cannot be served on " + address + ": " + e.getMessage(), e);
    }
    LOG.info("metrics are served on {}", address);
  }

  /** What sees the calls. */
  ServerInterceptor watcher() {
    return calls;
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (socket != null) {
      socket.remove();
    }
  }
}
