/** Exec, attach and port-forward over WebSocket, as kubectl speaks today (KEP-4006). */
@NullMarked
package io.jukung.runtime.streaming.websocket;

import org.jspecify.annotations.NullMarked;
