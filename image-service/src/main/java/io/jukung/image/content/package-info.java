/** Content addressed by digest: digests, verified blobs on disk, downloads under way. */
@NullMarked
package io.jukung.image.content;

import org.jspecify.annotations.NullMarked;
