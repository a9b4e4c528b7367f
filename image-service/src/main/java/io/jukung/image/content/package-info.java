/** Content that is addressed by digest: digests, verified blobs on disk, and their transfers. */
@NullMarked
package io.jukung.image.content;

import org.jspecify.annotations.NullMarked;
