package io.jukung.image.pull;

import io.jukung.cri.ErrorKind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Is told how each pull has ended. Thread-safe. */
@FunctionalInterface
public interface PullObserver {
  PullObserver NONE = new None();

  /** A class, because Java keeps no lambda of an interface's constant in its start-up cache. */
  final class None implements PullObserver {
    private None() {}

    @Override
    public void ended(ActivePulls.Progress pull, Duration took, @Nullable ErrorKind failure) {}
  }

  /**
   * A pull has ended, on the thread that has asked for it. Must not wait.
   *
   * @param pull how far it came
   * @param failure null: the image is in the store
   */
  void ended(ActivePulls.Progress pull, Duration took, @Nullable ErrorKind failure);

  /** Tells this observer first, and then the other one. */
  default PullObserver and(PullObserver other) {
    return (pull, took, failure) -> {
      ended(pull, took, failure);
      other.ended(pull, took, failure);
    };
  }
}
