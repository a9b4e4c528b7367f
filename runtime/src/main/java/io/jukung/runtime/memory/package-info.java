/** The daemon's own memory: when garbage is collected and idle pages are given back. */
@NullMarked
package io.jukung.runtime.memory;

import org.jspecify.annotations.NullMarked;
