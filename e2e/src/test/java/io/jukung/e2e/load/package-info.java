/** Loads that a node must bear. {@code e2e/load} runs them at full size, and LoadIT small ones. */
@NullMarked
package io.jukung.e2e.load;

import org.jspecify.annotations.NullMarked;
