/** The command line: a client of the daemon, in the words that people know from docker. */
@NullMarked
package io.jukung.cli;

import org.jspecify.annotations.NullMarked;
