package io.jukung.runtime.server;

import io.grpc.ServerInterceptor;
import io.jukung.cri.client.Release;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.trace.CallSpans;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends spans to a collector. A class of its own, as {@link MetricsParts}. */
final class TraceParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TraceParts.class);

  private final CallSpans spans;

  /**
   * Starts to send.
   *
   * @param settings with an endpoint
   */
  TraceParts(Config.Traces settings, NodeParts node) {
    Map<String, Object> resource = new LinkedHashMap<>();
    resource.put("service.name", "jukung");
    resource.put("service.version", Release.version());
    resource.put("process.pid", ProcessHandle.current().pid());
    try {
      resource.put("host.name", InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      LOG.debug("spans have no host.name: {}", e.getMessage());
    }
    spans = CallSpans.start(URI.create(settings.endpoint()), settings.roots(), resource);
    node.observe(spans);
    LOG.info("spans are sent to {}", settings.endpoint());
  }

  /** What sees the calls. */
  ServerInterceptor watcher() {
    return spans;
  }

  @Override
  public void close() throws InterruptedException {
    spans.close();
  }
}
