package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * {@code exit.json}: how a container ended. The shim writes it before it reports the exit.
 *
 * @param finishedAt nanoseconds since the epoch
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExitRecord(int version, int exitCode, long finishedAt, boolean oomKilled) {}
