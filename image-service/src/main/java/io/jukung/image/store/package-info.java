/** The images on this node: their records, leases on them, their removal and their repair. */
@NullMarked
package io.jukung.image.store;

import org.jspecify.annotations.NullMarked;
