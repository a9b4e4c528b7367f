package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * {@code exit.json}: how a container ended, written by the shim before it tells anyone.
 *
 * @param finishedAt nanoseconds since the epoch
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExitRecord(int version, int exitCode, long finishedAt, boolean oomKilled) {}
