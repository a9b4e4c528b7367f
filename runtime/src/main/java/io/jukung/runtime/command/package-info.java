/**
 * The daemon's own command lines, {@code jukung serve} and {@code jukung config}. They are parsed
 * by hand: a library for command lines would cost the daemon classes, memory and start-up time.
 */
@NullMarked
package io.jukung.runtime.command;

import org.jspecify.annotations.NullMarked;
