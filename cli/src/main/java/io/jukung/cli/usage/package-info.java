/** What containers use while they run: the live table, and their processes. */
@NullMarked
package io.jukung.cli.usage;

import org.jspecify.annotations.NullMarked;
