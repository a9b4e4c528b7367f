/** The commands about pods. */
@NullMarked
package io.jukung.cli.pod;

import org.jspecify.annotations.NullMarked;
