/** Benchmarks that measure any CRI runtime with the same calls. */
@NullMarked
package io.jukung.e2e.bench;

import org.jspecify.annotations.NullMarked;
