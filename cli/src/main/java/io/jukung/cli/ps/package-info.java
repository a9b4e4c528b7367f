/** The table of containers: which are shown, and what its columns say. */
@NullMarked
package io.jukung.cli.ps;

import org.jspecify.annotations.NullMarked;
