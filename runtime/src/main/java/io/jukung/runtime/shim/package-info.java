/**
 * The daemon's side of the shims: spares kept warm, one connection to each, one thread that waits
 * for all of them. A shim that does not answer holds up its own pod's calls and no other's.
 */
@NullMarked
package io.jukung.runtime.shim;

import org.jspecify.annotations.NullMarked;
