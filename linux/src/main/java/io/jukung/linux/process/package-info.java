/** Launching and supervising processes. */
@NullMarked
package io.jukung.linux.process;

import org.jspecify.annotations.NullMarked;
