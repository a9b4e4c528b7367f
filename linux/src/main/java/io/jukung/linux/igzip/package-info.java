/** Decompression that is faster than the JDK's, if the machine has the library for it. */
@NullMarked
package io.jukung.linux.igzip;

import org.jspecify.annotations.NullMarked;
