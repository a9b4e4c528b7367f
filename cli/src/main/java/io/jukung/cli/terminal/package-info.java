/** The client's end of exec, attach and port-forward. */
@NullMarked
package io.jukung.cli.terminal;

import org.jspecify.annotations.NullMarked;
