/** The routes about images and registries. */
@NullMarked
package io.jukung.engine.image;

import org.jspecify.annotations.NullMarked;
