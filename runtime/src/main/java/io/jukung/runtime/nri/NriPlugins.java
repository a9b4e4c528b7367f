package io.jukung.runtime.nri;

import io.jukung.cri.CriException;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerEviction;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.runtime.nri.ttrpc.TtrpcException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that are there. They are asked one after the other in the order of their names, about
 * one event at a time: a plugin that decides about processors or memory must not be asked twice at
 * once. Thread-safe.
 */
final class NriPlugins {
  private static final Logger LOG = LoggerFactory.getLogger(NriPlugins.class);

  /**
   * How long no plugin may join after one has failed to. Pods wait while one joins, so a plugin
   * that tries again and again must not keep them waiting for most of the time.
   */
  static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(10);

  /** What the daemon does for plugins. */
  interface Node {
    List<PodSandbox> pods();

    List<Container> containers();

    /** Changes limits of a container; a no-op if there is none that can run. */
    void update(ContainerUpdate update, String plugin) throws IOException;

    /** Stops a container; a no-op if there is none. */
    void evict(ContainerEviction eviction, String plugin) throws IOException, InterruptedException;
  }

  private final SyncGate gate;
  private final Duration joinTimeout;
  private final Node node;
  private final ReentrantLock asking = new ReentrantLock(true);
  private final ReentrantLock joining = new ReentrantLock(true);
  private long joinsAgainAt = System.nanoTime();
  private volatile List<NriPlugin> plugins = List.of();

  /**
   * @param joinTimeout how long a plugin may take to take in what there is
   */
  NriPlugins(SyncGate gate, Duration joinTimeout, Node node) {
    this.gate = gate;
    this.joinTimeout = joinTimeout;
    this.node = node;
  }

  boolean isEmpty() {
    return plugins.isEmpty();
  }

  /** Work with each plugin in turn. */
  interface Visit {
    void visit(NriPlugin plugin) throws TtrpcException;
  }

  /**
   * Visits the plugins. The first one that answers with an error ends this.
   *
   * @param what is being done, for the error text
   * @throws CriException FAILED_PRECONDITION with the error of the plugin
   */
  void each(String what, Visit visit) {
    asking.lock();
    try {
      for (NriPlugin plugin : plugins) {
        try {
          visit.visit(plugin);
        } catch (TtrpcException e) {
          throw CriException.failedPrecondition(
              "NRI plugin " + plugin + " refuses " + what + ": " + e.getMessage());
        }
      }
    } finally {
      asking.unlock();
    }
    forgetClosed();
  }

  /** Visits all plugins, and logs their errors. */
  void eachAnyway(String what, Visit visit) {
    asking.lock();
    try {
      for (NriPlugin plugin : plugins) {
        try {
          visit.visit(plugin);
        } catch (TtrpcException | CriException e) {
          LOG.warn("NRI plugin {}: {}: {}", plugin, what, e.getMessage());
        }
      }
    } finally {
      asking.unlock();
    }
    forgetClosed();
  }

  void forgetClosed() {
    if (plugins.stream().anyMatch(NriPlugin::isClosed)) {
      asking.lock();
      try {
        plugins = plugins.stream().filter(each -> !each.isClosed()).toList();
      } finally {
        asking.unlock();
      }
    }
  }

  /**
   * Tells a new plugin what there is, and asks it from then on. Pods wait meanwhile.
   *
   * @throws IOException if the plugin does not take it in, or the pods are busy
   */
  void join(NriPlugin plugin)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    List<ContainerUpdate> updates;
    joining.lock();
    try {
      if (System.nanoTime() - joinsAgainAt < 0) {
        throw new IOException("another plugin has just failed to join; try again later");
      }
      boolean joined = false;
      try {
        updates = synchronize(plugin);
        joined = true;
      } finally {
        if (!joined) {
          joinsAgainAt = System.nanoTime() + PAUSE_AFTER_FAILURE.toNanos();
        }
      }
    } finally {
      joining.unlock();
    }
    LOG.info("NRI plugin {} joined", plugin);
    update(updates, plugin.toString());
  }

  private List<ContainerUpdate> synchronize(NriPlugin plugin)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    if (!gate.beginSynchronization(joinTimeout)) {
      throw new IOException("pods or containers are being made or removed all the time");
    }
    try {
      List<ContainerUpdate> updates =
          plugin.synchronize(node.pods(), node.containers(), joinTimeout);
      asking.lock();
      try {
        List<NriPlugin> more = new ArrayList<>(plugins);
        more.add(plugin);
        more.sort(Comparator.comparing(NriPlugin::name));
        plugins = List.copyOf(more);
      } finally {
        asking.unlock();
      }
      return updates;
    } finally {
      gate.endSynchronization();
    }
  }

  /**
   * Makes updates that plugins ask for.
   *
   * @return those that failed, and whose failure must not be ignored
   */
  List<ContainerUpdate> update(List<ContainerUpdate> updates, String plugin) {
    List<ContainerUpdate> failed = new ArrayList<>();
    for (ContainerUpdate each : updates) {
      try {
        node.update(each, plugin);
      } catch (IOException | CriException e) {
        LOG.warn(
            "NRI plugin {}: update of container {}: {}",
            plugin,
            each.getContainerId(),
            e.getMessage());
        if (!each.getIgnoreFailure()) {
          failed.add(each);
        }
      }
    }
    return failed;
  }

  void evict(List<ContainerEviction> evictions, String plugin) {
    for (ContainerEviction each : evictions) {
      try {
        LOG.info(
            "NRI plugin {} evicts container {}: {}",
            plugin,
            each.getContainerId(),
            each.getReason());
        node.evict(each, plugin);
      } catch (IOException | CriException e) {
        LOG.warn("NRI plugin {}: eviction: {}", plugin, e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  void close() {
    plugins.forEach(NriPlugin::close);
    plugins = List.of();
  }
}
