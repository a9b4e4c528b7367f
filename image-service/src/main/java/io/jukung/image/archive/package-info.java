/**
 * Archives of images: OCI layouts and the archives of docker save. Their content is not trusted.
 */
@NullMarked
package io.jukung.image.archive;

import org.jspecify.annotations.NullMarked;
