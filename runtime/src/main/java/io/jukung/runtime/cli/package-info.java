/**
 * The program {@code jukung}: the daemon's launcher, and a client of any CRI endpoint in the words
 * of docker and crictl. One class per command.
 */
@NullMarked
package io.jukung.runtime.cli;

import org.jspecify.annotations.NullMarked;
