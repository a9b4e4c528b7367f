package io.jukung.runtime.server;

import io.jukung.linux.process.CurrentProcess;
import io.jukung.linux.process.Failpoint;
import io.jukung.linux.process.HangupSignal;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigSource;
import io.jukung.runtime.log.Logging;
import io.jukung.runtime.memory.IdleMemory;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: makes every part of the daemon once, and closes the parts in reverse order.
 */
public final class Daemon implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /**
   * The number of carrier threads, and so of virtual threads that can be in a system call at the
   * same time. A raw system call holds its carrier, and with the default of one carrier per
   * processor a few slow calls would stop all others.
   */
  private static final int CARRIER_THREADS = 32;

  private static final int UMASK = 0022;

  /** The parts to close, the last one first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private volatile boolean isClosed;
  private @Nullable NodeParts node;
  private @Nullable CriServer server;

  private Daemon() {}

  /**
   * Runs the daemon until a signal ends it. Pods are left running. SIGHUP reloads the configuration
   * and never ends the daemon; one that comes during the start is obeyed after the start.
   *
   * @throws ConfigException if the configuration cannot be used now
   */
  public static void serve(ConfigSource source) throws StartupException, ConfigException {
    Semaphore hangups = new Semaphore(0);
    HangupSignal.handle(hangups::release);
    Config config = source.read();
    // The JVM reads this property once, when the first virtual thread starts.
    System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(CARRIER_THREADS));
    Logging.start(config.log());
    Failpoint.installIfAsked();
    // Containers of users that are not root enter directories that the daemon makes, also where the
    // daemon's parent has a strict umask.
    CurrentProcess.setUmask(UMASK);
    ServiceManager manager = ServiceManager.of(System.getenv());
    Daemon daemon = start(config);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  LOG.info("stopping, pods are left running");
                  manager.stopping();
                  daemon.close();
                },
                "shutdown"));
    LOG.info("serving on {}", config.socket());
    NodeParts node = Objects.requireNonNull(daemon.node);
    CriServer server = Objects.requireNonNull(daemon.server);
    manager.ready(node.summary());
    manager.report(node::summary, server::isResponsive);
    reloadAtEach(hangups, new Reload(source, node), node, manager);
  }

  /** Never returns: the end of the JVM ends this thread. */
  private static void reloadAtEach(
      Semaphore hangups, Reload reload, NodeParts node, ServiceManager manager) {
    while (true) {
      hangups.acquireUninterruptibly();
      var _ = hangups.drainPermits(); // one reload obeys all that have come until it begins
      manager.reloading();
      try {
        var _ = reload.run();
      } catch (RuntimeException e) { // the next signal must be obeyed, too
        LOG.error("the configuration could not be reloaded", e);
      }
      manager.ready(node.summary());
    }
  }

  static Daemon start(Config config) throws StartupException {
    HostRequirements.check();
    var daemon = new Daemon();
    try {
      daemon.compose(config);
      return daemon;
    } catch (StartupException | RuntimeException e) {
      daemon.close();
      throw e;
    }
  }

  private void compose(Config config) throws StartupException {
    parts.push(DirectoryLock.acquire(config.root()));
    parts.push(DirectoryLock.acquire(config.state()));
    // Before recovery, which changes what a daemon that still serves on this socket works with.
    ListeningSocket socket = ListeningSocket.claim(config.socket());
    ServerOpening opening = ServerOpening.begin(socket, config.server());
    parts.push(opening);
    NodeParts made = nodeParts(config);
    node = made;
    CriServer opened = opening.server();
    server = opened;
    parts.push(() -> opened.close(made.config().server().shutdownGrace()));
    parts.push(made::endSubscriptions);
    String metricsAddress = config.metrics().address();
    if (!metricsAddress.isEmpty()) {
      MetricsParts metrics = new MetricsParts(metricsAddress, made);
      parts.push(metrics);
      opened.watchBy(metrics.watcher());
    }
    if (!config.traces().endpoint().isEmpty()) {
      TraceParts traces = new TraceParts(config.traces(), made);
      parts.push(traces);
      opened.watchBy(traces.watcher());
    }
    if (!config.peers().address().isEmpty()) {
      parts.push(new PeerParts(config.peers(), made.images()));
    }
    opened.serve(made.services());
    WarmUp.startInBackground(config.socket(), () -> served(made));
    IdleMemory.startInBackground();
  }

  /** The first calls have been answered. */
  private void served(NodeParts made) {
    if (!isClosed) {
      made.served();
    }
  }

  private NodeParts nodeParts(Config config) throws StartupException {
    try {
      NodeParts made = new NodeParts(config);
      parts.push(made);
      made.recover();
      return made;
    } catch (IOException | ConfigException e) {
      throw new StartupException("the daemon cannot start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartupException("the start of the daemon was interrupted", e);
    }
  }

  @Override
  public void close() {
    isClosed = true;
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) { // the other parts must be closed too
        LOG.error("closing {} failed", part, e);
      }
    }
  }
}
