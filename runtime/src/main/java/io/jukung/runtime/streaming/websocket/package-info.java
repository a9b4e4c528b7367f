/** Exec, attach and port-forward over WebSocket, the present protocol of kubectl (KEP-4006). */
@NullMarked
package io.jukung.runtime.streaming.websocket;

import org.jspecify.annotations.NullMarked;
