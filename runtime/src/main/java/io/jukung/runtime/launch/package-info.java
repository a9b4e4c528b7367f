/** Compiles an OCI specification to the two programs that launch a container. */
@NullMarked
package io.jukung.runtime.launch;

import org.jspecify.annotations.NullMarked;
