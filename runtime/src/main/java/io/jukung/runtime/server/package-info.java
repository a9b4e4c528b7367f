/** The daemon's edge: the gRPC server on the unix socket, start-up, shutdown, composition. */
@NullMarked
package io.jukung.runtime.server;

import org.jspecify.annotations.NullMarked;
