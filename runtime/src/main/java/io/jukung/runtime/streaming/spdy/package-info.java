/** Exec, attach and port-forward over SPDY/3.1, the first protocol of kubectl. */
@NullMarked
package io.jukung.runtime.streaming.spdy;

import org.jspecify.annotations.NullMarked;
