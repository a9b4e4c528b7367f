package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The shims of all pods, by sandbox id. Thread-safe. */
public final class PodShims {
  private final ConcurrentMap<String, PodShim> bySandbox = new ConcurrentHashMap<>();

  public void put(String sandboxId, PodShim shim) {
    bySandbox.put(sandboxId, shim);
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
