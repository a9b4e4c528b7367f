/**
 * Checkpoints of containers: archives of their processes, which CRIU makes and restores, and of the
 * files that they have written. docs/adr/0032 says what they have and what is checked.
 */
@NullMarked
package io.jukung.runtime.checkpoint;

import org.jspecify.annotations.NullMarked;
