/** Tests of what the running kernel supports. */
@NullMarked
package io.jukung.linux.probe;

import org.jspecify.annotations.NullMarked;
