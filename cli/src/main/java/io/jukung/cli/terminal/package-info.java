/** The client's end of exec, attach and port-forward: streams from the daemon, and the terminal. */
@NullMarked
package io.jukung.cli.terminal;

import org.jspecify.annotations.NullMarked;
