/** The daemon's log: its set-up, the form of its lines, and what each line says of its call. */
@NullMarked
package io.jukung.runtime.log;

import org.jspecify.annotations.NullMarked;
