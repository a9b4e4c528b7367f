/** Writes EROFS images: a read-only file system in one file, which Linux mounts. */
@NullMarked
package io.jukung.image.erofs;

import org.jspecify.annotations.NullMarked;
