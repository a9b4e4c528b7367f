/** The command cp: files copied into containers and out of them. */
@NullMarked
package io.jukung.cli.copy;

import org.jspecify.annotations.NullMarked;
