/** The commands about containers. */
@NullMarked
package io.jukung.cli.container;

import org.jspecify.annotations.NullMarked;
