/** The routes about containers, and what docker's configurations of containers mean in the CRI. */
@NullMarked
package io.jukung.engine.container;

import org.jspecify.annotations.NullMarked;
