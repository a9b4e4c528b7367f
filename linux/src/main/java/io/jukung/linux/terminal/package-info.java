/** Terminals and pseudo terminals. */
@NullMarked
package io.jukung.linux.terminal;

import org.jspecify.annotations.NullMarked;
