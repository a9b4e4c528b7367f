package io.jukung.runtime.server;

import io.grpc.BindableService;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.util.List;

/**
 * All parts of the daemon behind the gRPC server, wired area by area. A part of the composition
 * root, {@link Daemon}.
 */
final class NodeParts implements AutoCloseable {
  private final ImageParts images;
  private final PodParts pods;
  private final StreamingParts streaming;

  NodeParts(Config config) throws IOException, ConfigException {
    StatePaths paths = new StatePaths(config.root(), config.state());
    paths.createDirectories();
    this.images = new ImageParts(config, paths);
    this.pods = new PodParts(config, paths, images.containerImages());
    this.streaming = new StreamingParts(config.streaming(), paths, pods);
  }

  /** Recovers the pods of an earlier daemon. Must end before the first call is served. */
  void recover() throws IOException, InterruptedException {
    pods.recover();
  }

  List<BindableService> services() {
    return List.of(pods.runtimeService(streaming), images.imageService(), images.jukungService());
  }

  @Override
  public void close() throws IOException {
    streaming.close();
    pods.close();
  }
}
