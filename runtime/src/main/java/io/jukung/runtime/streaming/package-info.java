/**
 * Exec, attach and port-forward as kubelet and kubectl speak them: a server of one-shot URLs,
 * SPDY/3.1 and WebSocket in front, the processes' pipes, terminals and sockets behind. Nothing of
 * it is loaded before the first URL is asked for.
 */
@NullMarked
package io.jukung.runtime.streaming;

import org.jspecify.annotations.NullMarked;
