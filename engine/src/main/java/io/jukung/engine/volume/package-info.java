/** The routes about volumes. */
@NullMarked
package io.jukung.engine.volume;

import org.jspecify.annotations.NullMarked;
