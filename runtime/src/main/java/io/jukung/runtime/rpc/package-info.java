/** How a call of gRPC enters the daemon and how its answer leaves: threads, limits, errors. */
@NullMarked
package io.jukung.runtime.rpc;

import org.jspecify.annotations.NullMarked;
