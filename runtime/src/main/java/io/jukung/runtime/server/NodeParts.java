package io.jukung.runtime.server;

import io.grpc.BindableService;
import io.jukung.image.pull.PullObserver;
import io.jukung.image.store.ImageStore;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.Installation;
import io.jukung.runtime.log.Logging;
import io.jukung.runtime.log.RequestSubject;
import io.jukung.runtime.metrics.NodeMetrics;
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

  private volatile Config current;

  NodeParts(Config config) throws IOException, ConfigException {
    this.current = config;
    StatePaths paths = new StatePaths(config.root(), config.state());
    paths.createDirectories();
    this.images = new ImageParts(config, paths);
    this.pods = new PodParts(this::config, paths, images.containerImages());
    this.streaming = new StreamingParts(config.streaming(), paths, pods);
    RequestSubject.findNamesBy(pods::nameOf);
  }

  /** The configuration that holds now. */
  Config config() {
    return current;
  }

  /**
   * Takes over the settings of another configuration that can change while the daemon runs.
   *
   * @return the configuration that holds from now on
   * @throws ConfigException if it cannot be used; nothing has changed then
   */
  Config reconfigure(Config next) throws ConfigException {
    List<String> shimCommand = Installation.shimCommand(next.shim());
    Config live = current.withLiveSettings(next);
    Logging.apply(live.log());
    images.reconfigure(live);
    pods.reconfigure(live, shimCommand);
    current = live;
    return live;
  }

  /** The images of this node. */
  ImageStore images() {
    return images.store();
  }

  /** Has something see how pulls end, beside those that see it already. */
  void observe(PullObserver observer) {
    images.observe(observer);
  }

  /** What metrics are read from. */
  NodeMetrics.Sources metricSources() {
    return pods.metricSources(images::count, images::pullsUnderWay);
  }

  /** Recovers the pods of an earlier daemon. Must end before the first call is served. */
  void recover() throws IOException, InterruptedException {
    pods.recover();
  }

  List<BindableService> services() {
    return List.of(
        pods.runtimeService(streaming),
        images.imageService(),
        pods.containersService(streaming),
        pods.volumesService(),
        pods.networksService(),
        images.jukungService(pods.diagnose(), pods.orphanRepair(), pods.listCreations()),
        images.imagesService(pods.commit(images.committer())),
        images.buildsService(pods.buildPods()));
  }

  /** How many pods and containers there are, in a few words. */
  String summary() {
    int sandboxes = pods.sandboxes().all().size();
    int containers = pods.containers().all().size();
    return "Serving %d pod%s with %d container%s"
        .formatted(sandboxes, sandboxes == 1 ? "" : "s", containers, containers == 1 ? "" : "s");
  }

  /** Begins the work that the first answers do not need. To be called when they were given. */
  void served() {
    pods.served();
  }

  /**
   * Ends the calls that would last for ever, so that a stop of the server need not wait for them.
   */
  void endSubscriptions() {
    pods.endSubscriptions();
  }

  @Override
  public void close() throws IOException {
    streaming.close();
    pods.close();
  }
}
