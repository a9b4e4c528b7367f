/** The names of images. */
@NullMarked
package io.jukung.image.reference;

import org.jspecify.annotations.NullMarked;
