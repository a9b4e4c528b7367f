package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The shims of all pods, by sandbox id. Thread-safe. */
public final class PodShims {
  private final ConcurrentMap<String, PodShim> bySandbox = new ConcurrentHashMap<>();

  /**
   * Adds the shim of a pod, unless the shim has ended. The end of one that is added is reported to
   * {@link PodShim.Listener}; an earlier end may have been reported before anybody knew the shim.
   *
   * @return whether the shim is added
   */
  public boolean add(String sandboxId, PodShim shim) {
    bySandbox.put(sandboxId, shim);
    if (shim.isAlive()) {
      return true;
    }
    bySandbox.remove(sandboxId, shim);
    return false;
  }

  public Optional<PodShim> remove(String sandboxId) {
    return Optional.ofNullable(bySandbox.remove(sandboxId));
  }

  public Optional<PodShim> find(String sandboxId) {
    return Optional.ofNullable(bySandbox.get(sandboxId));
  }

  /**
   * Returns the shim of the pod.
   *
   * @throws CriException UNAVAILABLE if the pod has no shim any more
   */
  public PodShim get(String sandboxId) {
    return find(sandboxId)
        .orElseThrow(
            () ->
                new CriException(
                    ErrorKind.UNAVAILABLE, "the shim of sandbox " + sandboxId + " is gone"));
  }
}
