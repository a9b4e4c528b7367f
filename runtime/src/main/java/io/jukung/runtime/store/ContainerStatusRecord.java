package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.EnumSet;
import java.util.Set;

/**
 * {@code status.json}: the state of a container. A container without this file is CREATED.
 * Immutable: each transition makes a new record.
 *
 * @param version {@link #VERSION}
 * @param pid as the daemon's pid namespace sees it; 0 unless RUNNING, or UNKNOWN after RUNNING
 * @param startedAt nanoseconds since the epoch; 0 if the container never ran
 * @param finishedAt nanoseconds since the epoch; 0 unless EXITED
 * @param reason one word for the state, as CRI's; empty unless EXITED or UNKNOWN
 */
@JsonInclude(Include.NON_DEFAULT)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ContainerStatusRecord(
    int version,
    State state,
    int pid,
    long startedAt,
    long finishedAt,
    int exitCode,
    String reason,
    String message) {

  public static final int VERSION = 1;

  /** The exit code of a container that could not be started. */
  public static final int START_FAILED = 128;

  /** The exit code of a container whose own exit code is not known. */
  public static final int EXIT_UNKNOWN = 255;

  private static final String UNKNOWN_REASON = "Unknown";

  /**
   * Where a container is in its life.
   *
   * <pre>
   *    ┌───────────── to be started again ──────────────┐
   *    ▼         start                     exit         │
   *   CREATED ─────────────► RUNNING ────────────────► EXITED
   *    ▲  │  │                ▲  │                      ▲  ▲
   *    │  │  └────────────────│──│── start failed ──────┘  │
   *    │  │ not learnt        │  │ not learnt              │
   *    │  ▼                   │  ▼                         │
   *    └─────────────────── UNKNOWN ───────────────────────┘
   *                  learnt                learnt
   * </pre>
   *
   * UNKNOWN means that the truth could not be learnt: the shim does not answer, or it is gone and
   * processes of the container do not end, or the record is damaged. UNKNOWN is never written to
   * the disk, where the last state that was known stays. EXITED is final for CRI. A container of
   * jukung's own can be started again: it is CREATED for the time of that start.
   */
  public enum State {
    CREATED,
    RUNNING,
    EXITED,
    UNKNOWN;

    /** The transition table. */
    private Set<State> successors() {
      return switch (this) {
        case CREATED -> EnumSet.of(RUNNING, EXITED, UNKNOWN);
        case RUNNING -> EnumSet.of(EXITED, UNKNOWN);
        case UNKNOWN -> EnumSet.of(CREATED, RUNNING, EXITED, UNKNOWN);
        case EXITED -> EnumSet.of(CREATED);
      };
    }

    boolean canBecome(State next) {
      return successors().contains(next);
    }
  }

  public ContainerStatusRecord {
    reason = Json.orEmpty(reason);
    message = Json.orEmpty(message);
  }

  public static ContainerStatusRecord created() {
    return new ContainerStatusRecord(VERSION, State.CREATED, 0, 0, 0, 0, "", "");
  }

  /** The status of a container whose {@code status.json} is damaged. */
  public static ContainerStatusRecord damaged(String why) {
    return new ContainerStatusRecord(VERSION, State.UNKNOWN, 0, 0, 0, 0, UNKNOWN_REASON, why);
  }

  @JsonIgnore
  public boolean isCreated() {
    return state == State.CREATED;
  }

  @JsonIgnore
  public boolean isRunning() {
    return state == State.RUNNING;
  }

  @JsonIgnore
  public boolean isExited() {
    return state == State.EXITED;
  }

  @JsonIgnore
  public boolean isUnknown() {
    return state == State.UNKNOWN;
  }

  /** Whether the container has processes, as far as that is known. */
  public boolean mayRun() {
    return isRunning() || isUnknown();
  }

  /** The status of a container that has ended and is about to be started again. */
  ContainerStatusRecord renewed() {
    return next(State.CREATED, 0, 0, 0, 0, "", "");
  }

  ContainerStatusRecord started(int newPid, long at) {
    return next(State.RUNNING, newPid, at, 0, 0, "", "");
  }

  ContainerStatusRecord startFailed(long at, String why) {
    return next(State.EXITED, 0, 0, at, START_FAILED, "StartError", why);
  }

  ContainerStatusRecord exited(ContainerExit exit) {
    String usual = exit.code() == 0 ? "Completed" : "Error";
    String word = exit.reason().isEmpty() ? usual : exit.reason();
    long at = exit.finishedAt();
    return next(State.EXITED, 0, startedBy(at), at, exit.code(), word, exit.why());
  }

  /** The status of a container that has ended, nobody knows how. */
  ContainerStatusRecord lost(long at, String why) {
    return next(State.EXITED, 0, startedBy(at), at, EXIT_UNKNOWN, UNKNOWN_REASON, why);
  }

  ContainerStatusRecord unknown(String why) {
    return next(State.UNKNOWN, pid, startedAt, 0, 0, UNKNOWN_REASON, why);
  }

  /** A container that ended has run. If the start is not on record, the end stands for it. */
  private long startedBy(long finished) {
    return startedAt == 0 ? finished : startedAt;
  }

  private ContainerStatusRecord next(
      State next, int newPid, long started, long finished, int code, String why, String text) {
    if (!state.canBecome(next)) {
      throw new IllegalStateException("a container that is " + state + " cannot become " + next);
    }
    return new ContainerStatusRecord(VERSION, next, newPid, started, finished, code, why, text);
  }
}
