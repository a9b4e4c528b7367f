/** Files of image archives, before anything in them is believed. */
@NullMarked
package io.jukung.image.archive;

import org.jspecify.annotations.NullMarked;
