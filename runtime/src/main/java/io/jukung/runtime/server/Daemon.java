package io.jukung.runtime.server;

import io.jukung.linux.process.CurrentProcess;
import io.jukung.linux.process.Failpoint;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
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

  /** The parts to close, the last one first. */
  private static final int UMASK = 0022;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private Daemon() {}

  /** Runs the daemon until a signal ends it. Pods are left running. */
  public static void serve(Config config) throws StartupException {
    // The JVM reads this property once, when the first virtual thread starts.
    System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(CARRIER_THREADS));
    Logging.start(config.log().level());
    Failpoint.installIfAsked();
    // Containers of users that are not root enter directories that the daemon makes, also where the
    // daemon's parent has a strict umask.
    CurrentProcess.setUmask(UMASK);
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
    // Before recovery, which changes what a daemon that still serves on this socket works with.
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
      } catch (Exception e) { // the other parts must be closed too
        LOG.error("closing {} failed", part, e);
      }
    }
  }
}
