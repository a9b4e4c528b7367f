/**
 * The process that accompanies a pod: it launches the pod's containers, writes their logs and
 * records their exits, and goes on when the daemon ends.
 *
 * <p>One thread does all the work, in {@link io.jukung.shim.EventLoop}; only a launch has a thread
 * of its own. Each pod has a shim, so each class and each kilobyte costs memory once per pod.
 * Therefore the shim uses no logging library, no java.time, no channels, and no lambda, stream,
 * regular expression or formatter on the paths that every pod takes.
 */
@NullMarked
package io.jukung.shim;

import org.jspecify.annotations.NullMarked;
