/**
 * The process that stands beside a pod: it launches the pod's containers, outlives the daemon,
 * writes their logs and records their ends.
 *
 * <p>One thread does all of it, around {@link io.jukung.shim.EventLoop}; only a launch has a thread
 * of its own. A shim runs per pod, so each class and each kilobyte is paid for once per pod: no
 * logging library, no java.time, no channels, and no lambda, stream, regular expression or format
 * on the paths that every pod takes.
 */
@NullMarked
package io.jukung.shim;

import org.jspecify.annotations.NullMarked;
