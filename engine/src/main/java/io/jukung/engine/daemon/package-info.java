/** The daemon as the engine sees it: its calls, its objects by name, and what happens to them. */
@NullMarked
package io.jukung.engine.daemon;

import org.jspecify.annotations.NullMarked;
