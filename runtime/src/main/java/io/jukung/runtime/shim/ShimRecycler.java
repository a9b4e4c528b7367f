package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.io.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the shims of removed pods spares again, so that a node that replaces its pods starts no
 * JVM. The shim wipes and checks itself, and this class checks it again from outside. A shim that
 * is not as it was before its first pod is killed. Thread-safe.
 */
final class ShimRecycler {
  private static final Logger LOG = LoggerFactory.getLogger(ShimRecycler.class);

  /**
   * After so many pods a shim is replaced, so that what a pod may have left where no check looks, a
   * fragmented heap for example, does not pile up. The start of a JVM costs some 100 ms of
   * processor time, so this bound costs each pod less than 2 ms.
   */
  private static final int MOST_PODS = 64;

  /**
   * What is known of a shim that this daemon has started.
   *
   * @param fresh what its process had when its first pod adopted it
   * @param pods how many pods have adopted it
   */
  private record Origin(ShimFootprint fresh, int pods) {}

  private final ShimStarter starter;
  private final ShimStarter.Receiver<ShimClient> receiver;
  private final ConcurrentMap<ShimClient, Origin> origins = new ConcurrentHashMap<>();

  ShimRecycler(ShimStarter starter, ShimStarter.Receiver<ShimClient> receiver) {
    this.starter = starter;
    this.receiver = receiver;
  }

  /** A pod has adopted the shim, and has not used it yet. */
  void adopted(ShimClient shim) {
    try {
      Origin known = origins.get(shim);
      remember(
          shim,
          known == null
              ? new Origin(ShimFootprint.of(shim.shimPid()), 1)
              : new Origin(known.fresh(), known.pods() + 1));
    } catch (IOException e) {
      LOG.warn("{} will not be used again: {}", shim, e.getMessage());
    }
  }

  private void remember(ShimClient shim, Origin origin) {
    origins.put(shim, origin);
    if (!shim.isAlive()) {
      origins.remove(shim); // its end may have been reported before
    }
  }

  void ended(ShimClient shim) {
    origins.remove(shim);
  }

  /** No shim that has started until now gets another pod. */
  void forgetAll() {
    origins.clear();
  }

  /**
   * Whether the shim may have another pod. One of an earlier daemon may be of another release, and
   * one that has slept cannot be compared with what it was before its first pod.
   */
  boolean mayRecycle(ShimClient shim) {
    Origin origin = origins.get(shim);
    return origin != null && origin.pods() < MOST_PODS && shim.isAlive() && !shim.hasSlept();
  }

  /**
   * Makes a spare of the shim of a pod that has no process any more.
   *
   * @return the spare; empty if the shim is to be ended as the pod's: it has ended, or it refuses
   *     because it holds a process
   */
  Optional<ShimClient> recycle(ShimClient shim) {
    Origin origin = origins.get(shim);
    if (origin == null) {
      return Optional.empty();
    }
    Path socket = starter.newSocket();
    try {
      shim.recycle(socket);
      ShimFootprint.of(shim.shimPid())
          .requireNothingBeyond(origin.fresh(), ShimStarter.logOf(socket).toRealPath());
      ShimClient spare = receiver.receive(UnixSocket.connect(socket), socket);
      remember(spare, origin);
      origins.remove(shim);
      shim.close();
      return Optional.of(spare);
    } catch (IOException | CriException e) {
      if (e instanceof CriException refusal && refusal.kind() == ErrorKind.FAILED_PRECONDITION) {
        LOG.debug("{} is not used again: {}", shim, e.getMessage());
        return Optional.empty();
      }
      LOG.warn("{} is not used again, and is killed: {}", shim, e.getMessage());
      shim.destroy();
      ShimStarter.deleteFiles(socket);
      return Optional.empty();
    }
  }
}
