/** The gRPC server on the unix socket, and the start, shutdown and wiring of the daemon. */
@NullMarked
package io.jukung.runtime.server;

import org.jspecify.annotations.NullMarked;
