/** Committing containers: their writable layer becomes the top layer of a new image. */
@NullMarked
package io.jukung.image.commit;

import org.jspecify.annotations.NullMarked;
