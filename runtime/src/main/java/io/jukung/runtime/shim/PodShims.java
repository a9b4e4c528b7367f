package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shims of all pods, by sandbox id. Thread-safe.
 *
 * <p>A daemon serves before it has taken up the pods of an earlier daemon. A call that needs the
 * shim of a pod waits until that pod is taken up, and no other call waits. Once a shim has been
 * silent for some time, calls that need it fail at once, until it answers.
 */
public final class PodShims {
  private static final Logger LOG = LoggerFactory.getLogger(PodShims.class);

  /** A pod is taken up within milliseconds, and within seconds where many pods are at once. */
  public static final Duration TAKE_UP_WAIT = Duration.ofSeconds(10);

  private final ConcurrentMap<String, PodShim> bySandbox = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, CompletableFuture<String>> takeUps =
      new ConcurrentHashMap<>();

  /**
   * Says that the pod is about to be taken up. To be followed by {@link #takenUp}, whatever
   * happens.
   */
  public void expect(String sandboxId) {
    takeUps.putIfAbsent(sandboxId, new CompletableFuture<>());
  }

  /**
   * Says that the pod could not be taken up yet: calls do not wait for it any more.
   *
   * @param why a sentence that names the pod, for the errors of those calls
   */
  public void silent(String sandboxId, String why) {
    CompletableFuture<String> waiting = takeUps.get(sandboxId);
    if (waiting != null) {
      waiting.complete(why);
    }
  }

  /** Says that the pod is taken up, or is no more. */
  public void takenUp(String sandboxId) {
    CompletableFuture<String> waiting = takeUps.remove(sandboxId);
    if (waiting != null) {
      waiting.complete("");
    }
  }

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

  /** The shims that are known now. */
  public Collection<PodShim> all() {
    return List.copyOf(bySandbox.values());
  }

  /** Finds the shim as far as it is known now. Never waits. */
  public Optional<PodShim> find(String sandboxId) {
    return Optional.ofNullable(bySandbox.get(sandboxId));
  }

  /**
   * Returns the shim of the pod. Waits while the pod is being taken up.
   *
   * @throws CriException UNAVAILABLE if the pod has no shim any more, or if its shim does not
   *     answer
   */
  public PodShim get(String sandboxId) {
    return get(sandboxId, TAKE_UP_WAIT);
  }

  /**
   * Returns the shim of the pod.
   *
   * @param wait how long to wait while the pod is being taken up
   * @throws CriException as {@link #get(String)}
   */
  public PodShim get(String sandboxId, Duration wait) {
    CompletableFuture<String> takeUp = takeUps.get(sandboxId);
    if (takeUp != null) {
      awaitTakeUp(sandboxId, takeUp, wait);
    }
    return find(sandboxId)
        .orElseThrow(() -> unavailable("the shim of sandbox " + sandboxId + " is gone"));
  }

  /**
   * Waits while the pod is being taken up, at most {@link #TAKE_UP_WAIT}, and not for a shim that
   * has been silent for some time.
   */
  public void awaitTakeUp(String sandboxId) throws InterruptedException {
    CompletableFuture<String> takeUp = takeUps.get(sandboxId);
    if (takeUp == null) {
      return;
    }
    try {
      var _ = takeUp.get(TAKE_UP_WAIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.warn("sandbox {} is not taken up after {} s", sandboxId, TAKE_UP_WAIT.toSeconds());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // never completed exceptionally
    }
  }

  private static void awaitTakeUp(
      String sandboxId, CompletableFuture<String> takeUp, Duration wait) {
    String silence;
    try {
      silence = takeUp.get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      silence =
          "the shim of sandbox "
              + sandboxId
              + " has not answered since the daemon started; the daemon goes on asking it";
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // never completed exceptionally
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CriException(
          ErrorKind.CANCELLED,
          "the wait for the shim of sandbox " + sandboxId + " was cancelled",
          e);
    }
    if (!silence.isEmpty()) {
      throw unavailable(silence);
    }
  }

  private static CriException unavailable(String why) {
    return new CriException(ErrorKind.UNAVAILABLE, why);
  }
}
