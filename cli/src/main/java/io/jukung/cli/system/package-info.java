/** The commands about all that the daemon keeps on the node: system df, system prune. */
@NullMarked
package io.jukung.cli.system;

import org.jspecify.annotations.NullMarked;
