/**
 * The command line: a client of the daemon, with docker's commands and options. This package has
 * the main class and the commands about the daemon as a whole.
 */
@NullMarked
package io.jukung.cli;

import org.jspecify.annotations.NullMarked;
