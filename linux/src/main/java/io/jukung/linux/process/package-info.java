/** Processes: signals, children, capabilities, and this process itself. */
@NullMarked
package io.jukung.linux.process;

import org.jspecify.annotations.NullMarked;
