/** The other end of the daemon's socket. */
@NullMarked
package io.jukung.runtime.client;

import org.jspecify.annotations.NullMarked;
