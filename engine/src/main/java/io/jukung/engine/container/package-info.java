/** The routes about containers, and how containers are shown. */
@NullMarked
package io.jukung.engine.container;

import org.jspecify.annotations.NullMarked;
