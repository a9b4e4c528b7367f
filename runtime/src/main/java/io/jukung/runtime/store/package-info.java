/** What the daemon knows about pods and containers, on disk and in memory. */
@NullMarked
package io.jukung.runtime.store;

import org.jspecify.annotations.NullMarked;
