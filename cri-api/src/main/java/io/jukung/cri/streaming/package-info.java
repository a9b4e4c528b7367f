/**
 * The protocol that client and daemon share for exec, attach and port-forward: SPDY/3.1, and the
 * status on the error stream.
 */
@NullMarked
package io.jukung.cri.streaming;

import org.jspecify.annotations.NullMarked;
