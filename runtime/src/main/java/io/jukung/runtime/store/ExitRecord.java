package io.jukung.runtime.store;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * {@code exit.json}: how a container ended. The shim writes it before it reports the exit.
 *
 * @param finishedAt nanoseconds since the epoch
 * @param memoryPeak the most bytes that the container has used; only if it was killed for want of
 *     memory. 0: unknown
 * @param memoryLimit its own limit in bytes, likewise. 0: none
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExitRecord(
    int version,
    int exitCode,
    long finishedAt,
    boolean oomKilled,
    long memoryPeak,
    long memoryLimit) {}
