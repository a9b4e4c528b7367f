package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Which pod's processes are where. Thread-safe. */
public final class PodShims {
  private final ConcurrentMap<String, PodProcesses> bySandbox = new ConcurrentHashMap<>();

  public void put(String sandboxId, PodProcesses processes) {
    bySandbox.put(sandboxId, processes);
  }

  public Optional<PodProcesses> remove(String sandboxId) {
    return Optional.ofNullable(bySandbox.remove(sandboxId));
  }

  public Optional<PodProcesses> find(String sandboxId) {
    return Optional.ofNullable(bySandbox.get(sandboxId));
  }

  /**
   * The pod's processes.
   *
   * @throws CriException UNAVAILABLE where its shim is gone
   */
  public PodProcesses get(String sandboxId) {
    return find(sandboxId)
        .orElseThrow(
            () ->
                new CriException(
                    ErrorKind.UNAVAILABLE, "the shim of sandbox " + sandboxId + " is gone"));
  }
}
