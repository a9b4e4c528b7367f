/**
 * The daemon's side of the shims: a pool of spares, one connection to each shim, and one thread
 * that waits for all connections. A shim that does not answer delays the calls of its own pod only.
 */
@NullMarked
package io.jukung.runtime.shim;

import org.jspecify.annotations.NullMarked;
