/** Images from registries, and the installation of an image from any source. */
@NullMarked
package io.jukung.image.pull;

import org.jspecify.annotations.NullMarked;
