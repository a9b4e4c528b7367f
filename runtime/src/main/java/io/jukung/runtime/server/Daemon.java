package io.jukung.runtime.server;

import io.jukung.linux.process.Failpoint;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The composition root: makes every part of the daemon, once, and ends them in reverse order. */
public final class Daemon implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  /**
   * How many virtual threads may stand in a system call at once: a raw one holds its carrier, and
   * the default, one carrier per processor, would let a few slow calls stop all others.
   */
  private static final int CARRIER_THREADS = 32;

  /** Ended last to first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private Daemon() {}

  /** Starts the daemon and returns when a signal has ended it. Pods are left running. */
  public static void serve(Config config) throws StartupException {
    // Read once, when the first virtual thread starts.
    System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(CARRIER_THREADS));
    Logging.start(config.log().level());
    Failpoint.installIfAsked();
    Daemon daemon = start(config);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  LOG.info("stopping, pods are left running");
                  daemon.close();
                  ended.countDown();
                },
                "shutdown"));
    LOG.info("serving on {}", config.socket());
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
    // Before recovery, which takes its time and must not run beside whoever serves there.
    ListeningSocket socket = ListeningSocket.claim(config.socket());
    NodeParts node = nodeParts(config);
    CriServer server = CriServer.start(socket, config.server(), node.services());
    parts.push(() -> server.close(config.server().shutdownGrace()));
    WarmUp.startInBackground(config.socket());
  }

  private NodeParts nodeParts(Config config) throws StartupException {
    try {
      NodeParts node = new NodeParts(config);
      parts.push(node);
      node.recover();
      return node;
    } catch (IOException | ConfigException e) {
      throw new StartupException("the daemon cannot start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartupException("the start of the daemon was interrupted", e);
    }
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) { // the next part must end too
        LOG.error("stopping {} failed", part, e);
      }
    }
  }
}
