/** Unpacked layers: how they are made from archives, compared, stored and mounted. */
@NullMarked
package io.jukung.image.layer;

import org.jspecify.annotations.NullMarked;
