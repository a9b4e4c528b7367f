/** EROFS images: the read-only file system in one file that Linux mounts from there, written. */
@NullMarked
package io.jukung.image.erofs;

import org.jspecify.annotations.NullMarked;
