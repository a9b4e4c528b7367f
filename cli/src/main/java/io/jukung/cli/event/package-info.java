/** The command {@code jukung events}. */
@NullMarked
package io.jukung.cli.event;

import org.jspecify.annotations.NullMarked;
