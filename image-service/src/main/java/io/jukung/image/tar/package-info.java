/** Tar archives and their compression. */
@NullMarked
package io.jukung.image.tar;

import org.jspecify.annotations.NullMarked;
