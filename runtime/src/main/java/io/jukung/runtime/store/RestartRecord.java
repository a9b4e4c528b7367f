package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * {@code restart.json}: what the restarts of a container of jukung's own depend on. A container
 * without this file was not restarted since somebody started it, and nobody has stopped it.
 *
 * @param version {@link #VERSION}
 * @param stopped whether somebody has stopped or killed the container since its last start
 * @param restarts how often its restart policy has started it since somebody did
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RestartRecord(int version, boolean stopped, int restarts) {
  public static final int VERSION = 1;

  /** The record of a container that has none on disk. */
  public static RestartRecord fresh() {
    return new RestartRecord(VERSION, false, 0);
  }

  /** After somebody has stopped the container. */
  public RestartRecord withStop() {
    return new RestartRecord(version, true, restarts);
  }

  /** After one more restart. Only the restart of a stopped container forgets the stop. */
  public RestartRecord withRestart() {
    return new RestartRecord(version, false, restarts + 1);
  }
}
