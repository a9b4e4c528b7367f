/** Measures any CRI endpoint with the same calls. */
@NullMarked
package io.jukung.e2e.bench;

import org.jspecify.annotations.NullMarked;
