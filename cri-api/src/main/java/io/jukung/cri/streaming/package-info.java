/** What both ends of an exec, an attach or a port-forward speak: SPDY/3.1 and the exit status. */
@NullMarked
package io.jukung.cri.streaming;

import org.jspecify.annotations.NullMarked;
