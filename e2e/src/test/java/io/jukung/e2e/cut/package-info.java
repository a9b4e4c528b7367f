/** A disk whose power is cut at any of its writes. */
@NullMarked
package io.jukung.e2e.cut;

import org.jspecify.annotations.NullMarked;
