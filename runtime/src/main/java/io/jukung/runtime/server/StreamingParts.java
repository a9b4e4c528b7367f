package io.jukung.runtime.server;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.life.ExecAs;
import io.jukung.runtime.service.Attach;
import io.jukung.runtime.service.Exec;
import io.jukung.runtime.service.PortForward;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.streaming.server.StreamingServer;
import java.io.IOException;
import java.util.Optional;

/** The parts that serve streams: the streaming server, and the calls that answer with its URLs. */
final class StreamingParts implements AutoCloseable {
  private final StreamingServer server;
  private final PodParts pods;

  StreamingParts(Config.Streaming settings, StatePaths paths, PodParts pods) throws IOException {
    this.pods = pods;
    this.server =
        new StreamingServer(
            settings,
            pods.execs(),
            pods.containers(),
            pods.sandboxes(),
            pods.shims(),
            pods.pathWork(),
            paths);
  }

  Exec exec() {
    return new Exec(pods.execs(), server);
  }

  ExecAs execAs(ContainerSpecs specs) {
    return new ExecAs(pods.execs(), specs, pods.pathWork(), server);
  }

  Attach attach() {
    return new Attach(pods.containers(), server);
  }

  PortForward portForward() {
    return new PortForward(pods.sandboxes(), server);
  }

  /** The SHA-256 of the server's certificate, in hex; empty if the server has none. */
  Optional<String> certificateSha256() {
    return server.certificateSha256();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
