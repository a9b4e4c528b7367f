/**
 * The protocol that client and daemon share for exec, attach and port-forward: SPDY/3.1, the status
 * on the error stream, and the end of a client.
 */
@NullMarked
package io.jukung.cri.streaming;

import org.jspecify.annotations.NullMarked;
