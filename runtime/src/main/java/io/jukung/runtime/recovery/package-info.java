/** What the daemon does at its start, before it serves. */
@NullMarked
package io.jukung.runtime.recovery;

import org.jspecify.annotations.NullMarked;
