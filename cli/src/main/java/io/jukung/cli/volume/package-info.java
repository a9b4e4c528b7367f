/** The commands about volumes. */
@NullMarked
package io.jukung.cli.volume;

import org.jspecify.annotations.NullMarked;
