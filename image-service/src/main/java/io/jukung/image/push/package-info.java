/** Pushing images to registries: blobs first, side by side, and the manifest last. */
@NullMarked
package io.jukung.image.push;

import org.jspecify.annotations.NullMarked;
