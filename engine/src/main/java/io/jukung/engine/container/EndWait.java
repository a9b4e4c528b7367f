package io.jukung.engine.container;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.http.HttpError;
import java.time.Duration;
import java.util.Optional;

/** Waits for the end of one container, from the moment in which it is made. */
final class EndWait {
  /** How often the container is looked at although no event was told: the daemon may be away. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** What is waited for. */
  enum Condition {
    NOT_RUNNING,
    NEXT_EXIT,
    REMOVED;

    static Condition of(String word) {
      return switch (word) {
        case "", "not-running" -> NOT_RUNNING;
        case "next-exit" -> NEXT_EXIT;
        case "removed" -> REMOVED;
        default -> throw HttpError.badRequest("invalid condition: \"" + word + "\"");
      };
    }
  }

  private final Daemon daemon;
  private final EventHub events;
  private final String id;
  private final Condition condition;
  private final long endsBefore;
  private ContainerStatus last;
  private final long startBefore;

  /**
   * @param first the container's status now
   */
  EndWait(Daemon daemon, EventHub events, String id, Condition condition, ContainerStatus first) {
    this.daemon = daemon;
    this.events = events;
    this.id = id;
    this.condition = condition;
    this.endsBefore = events.endCount();
    this.last = first;
    this.startBefore = first.getStartedAt();
  }

  /** Returns the exit code when the condition holds. */
  int await() throws InterruptedException {
    while (true) {
      long seen = events.eventCount();
      Optional<ContainerStatus> now = daemon.status(id);
      if (now.isEmpty()) {
        return exitCodeOfRemoved();
      }
      last = now.get();
      if (holds(last)) {
        return condition == Condition.NEXT_EXIT
            ? newEnd().orElse(last.getExitCode())
            : last.getExitCode();
      }
      events.await(seen, LOOK);
    }
  }

  private boolean holds(ContainerStatus status) {
    return switch (condition) {
      case NOT_RUNNING -> status.getState() != ContainerState.CONTAINER_RUNNING;
      case REMOVED -> false;
      case NEXT_EXIT ->
          newEnd().isPresent()
              || (status.getState() == ContainerState.CONTAINER_EXITED
                  && status.getStartedAt() > startBefore);
    };
  }

  private Optional<Integer> newEnd() {
    return events.end(id).filter(each -> each.number() > endsBefore).map(EventHub.End::exitCode);
  }

  private int exitCodeOfRemoved() {
    return events.end(id).map(EventHub.End::exitCode).orElse(last.getExitCode());
  }
}
