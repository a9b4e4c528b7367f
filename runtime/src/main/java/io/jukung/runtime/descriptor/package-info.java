/** Waiting for descriptors of the kernel, which Java has no channel for. */
@NullMarked
package io.jukung.runtime.descriptor;

import org.jspecify.annotations.NullMarked;
