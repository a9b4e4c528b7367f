/** Every mutating call of the API, with a fault at each of its steps. */
@NullMarked
package io.jukung.e2e.sweep;

import org.jspecify.annotations.NullMarked;
