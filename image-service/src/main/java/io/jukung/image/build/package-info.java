/**
 * Builds of images from Dockerfiles: which stages are needed, what each instruction does to the
 * configuration and the layers, and the cache of steps. Commands are run by others.
 */
@NullMarked
package io.jukung.image.build;

import org.jspecify.annotations.NullMarked;
