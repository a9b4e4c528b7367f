/** The files of containers: copied out and in, and what has changed. */
@NullMarked
package io.jukung.engine.files;

import org.jspecify.annotations.NullMarked;
