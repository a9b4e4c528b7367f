/** Import of images from archives, and export into archives. */
@NullMarked
package io.jukung.image.transfer;

import org.jspecify.annotations.NullMarked;
