package io.jukung.runtime.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A call that has reserved a name and makes the object of that name: how far it is. For messages to
 * people. Thread-safe.
 */
public final class Creation {
  private final String call;
  private final String id;
  private final InstantSource clock;
  private final Instant begunAt;
  private volatile Step step;

  private record Step(String name, Instant begunAt) {}

  /**
   * How far a creation is.
   *
   * @param call the name of the call
   * @param id the id that the object gets
   */
  public record Progress(
      String call, String id, Instant begunAt, String step, Instant stepBegunAt) {}

  Creation(String call, String id, InstantSource clock) {
    this.call = call;
    this.id = id;
    this.clock = clock;
    this.begunAt = clock.instant();
    this.step = new Step("begin", begunAt);
  }

  /** Says which step begins now. */
  public void at(String name) {
    step = new Step(name, clock.instant());
  }

  public Progress progress() {
    Step now = step;
    return new Progress(call, id, begunAt, now.name(), now.begunAt());
  }

  /** As part of a sentence, after "is reserved for". */
  @Override
  public String toString() {
    Progress now = progress();
    return "%s, which began %d s ago and has been at the step \"%s\" for %d s, with id %s"
        .formatted(call, since(now.begunAt()), now.step(), since(now.stepBegunAt()), id);
  }

  private long since(Instant begin) {
    return Duration.between(begin, clock.instant()).toSeconds();
  }
}
