/** Exec, attach and port-forward over SPDY/3.1, as kubectl spoke first. */
@NullMarked
package io.jukung.runtime.streaming.spdy;

import org.jspecify.annotations.NullMarked;
