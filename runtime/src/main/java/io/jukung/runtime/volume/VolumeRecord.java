package io.jukung.runtime.volume;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.jukung.runtime.store.Json;
import java.util.Map;

/**
 * {@code volume.json}: what a volume is. It never changes.
 *
 * @param version {@link #VERSION}
 * @param id the name of its directory, which no other volume ever has
 * @param name the name that users know; of an anonymous volume its id
 * @param createdAt nanoseconds since the epoch
 * @param anonymous whether it was made without a name
 * @param options type, o and device, as {@link VolumeOptions} reads them; empty for a directory
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
record VolumeRecord(
    int version,
    String id,
    String name,
    long createdAt,
    boolean anonymous,
    Map<String, String> options,
    Map<String, String> labels) {
  static final int VERSION = 1;

  /**
   * Checks what a damaged file may lack.
   *
   * @throws IllegalArgumentException if the id or the name is missing
   */
  VolumeRecord {
    id = Json.orEmpty(id);
    name = Json.orEmpty(name);
    if (id.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(id.isEmpty() ? "it has no id" : "it has no name");
    }
    options = Json.orEmpty(options);
    labels = Json.orEmpty(labels);
  }

  /** Whether its content is a directory of the daemon's, and not something that is mounted. */
  boolean isDirectory() {
    return options.isEmpty();
  }
}
