/** The process `jukung engine`: its command line, and how its parts are put together. */
@NullMarked
package io.jukung.engine;

import org.jspecify.annotations.NullMarked;
