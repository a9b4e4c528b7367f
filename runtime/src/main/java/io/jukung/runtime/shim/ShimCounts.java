package io.jukung.runtime.shim;

/**
 * What the pool of shims has, and what it has seen since the daemon started.
 *
 * @param ready shims that wait for a pod
 * @param starting shims that are being started
 * @param waiting pods that wait for a shim
 * @param sleeps how often a shim has fallen asleep
 * @param wakes how often a shim has woken
 */
public record ShimCounts(int ready, int starting, int waiting, long sleeps, long wakes) {}
