/** Manifests, indexes and image configurations (OCI image-spec 1.1, Docker schema 2), bounded. */
@NullMarked
package io.jukung.image.manifest;

import org.jspecify.annotations.NullMarked;
