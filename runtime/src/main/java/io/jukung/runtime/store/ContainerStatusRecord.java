package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;

/**
 * {@code status.json}: where a container is in its life, CREATED where there is none. Immutable; a
 * transition makes a new one.
 *
 * <pre>
 *   CREATED ──start──► RUNNING ──exit──► EXITED
 *      │                                   ▲
 *      └──failed start (StartError, 128)───┘
 * </pre>
 *
 * A status is lost together with its container only.
 *
 * @param version {@link #VERSION}
 * @param pid as the daemon's pid namespace sees it; 0 unless RUNNING
 * @param startedAt nanoseconds since the epoch; 0 where it never ran
 * @param finishedAt nanoseconds since the epoch; 0 unless EXITED
 * @param reason one word for the state, as CRI's; empty unless EXITED
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

  /** The exit code of a container whose own is not known. */
  public static final int EXIT_UNKNOWN = 255;

  /** See the diagram. */
  public enum State {
    CREATED,
    RUNNING,
    EXITED
  }

  public ContainerStatusRecord {
    reason = Json.orEmpty(reason);
    message = Json.orEmpty(message);
  }

  public static ContainerStatusRecord created() {
    return new ContainerStatusRecord(VERSION, State.CREATED, 0, 0, 0, 0, "", "");
  }

  public boolean isCreated() {
    return state == State.CREATED;
  }

  public boolean isRunning() {
    return state == State.RUNNING;
  }

  public boolean isExited() {
    return state == State.EXITED;
  }

  public ContainerStatusRecord started(int newPid, long at) {
    require(State.CREATED, "started");
    return new ContainerStatusRecord(VERSION, State.RUNNING, newPid, at, 0, 0, "", "");
  }

  public ContainerStatusRecord startFailed(long at, String why) {
    require(State.CREATED, "failed to start");
    return new ContainerStatusRecord(
        VERSION, State.EXITED, 0, 0, at, START_FAILED, "StartError", why);
  }

  public ContainerStatusRecord exited(int code, long at, boolean oomKilled) {
    require(State.RUNNING, "exited");
    String why = oomKilled ? "OOMKilled" : code == 0 ? "Completed" : "Error";
    return new ContainerStatusRecord(VERSION, State.EXITED, 0, startedAt, at, code, why, "");
  }

  /** It ended, nobody knows how. */
  public ContainerStatusRecord lost(long at, String why) {
    require(State.RUNNING, "lost");
    return new ContainerStatusRecord(
        VERSION, State.EXITED, 0, startedAt, at, EXIT_UNKNOWN, "Unknown", why);
  }

  private void require(State expected, String event) {
    if (state != expected) {
      throw new IllegalStateException("container " + event + " while " + state);
    }
  }
}
