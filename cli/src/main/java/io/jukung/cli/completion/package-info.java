/** What a shell offers when the user presses the tab key in a command line of jukung. */
@NullMarked
package io.jukung.cli.completion;

import org.jspecify.annotations.NullMarked;
