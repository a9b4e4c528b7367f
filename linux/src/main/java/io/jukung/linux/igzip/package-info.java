/** A faster inflate than the JDK's, where the machine has one. */
@NullMarked
package io.jukung.linux.igzip;

import org.jspecify.annotations.NullMarked;
