/** The commands about images. */
@NullMarked
package io.jukung.cli.image;

import org.jspecify.annotations.NullMarked;
