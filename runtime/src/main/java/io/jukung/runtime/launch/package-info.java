/** From an OCI specification to the two programs that launch it. */
@NullMarked
package io.jukung.runtime.launch;

import org.jspecify.annotations.NullMarked;
