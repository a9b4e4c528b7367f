/** Turns a container's CRI configuration into the OCI specification that it runs with. */
@NullMarked
package io.jukung.runtime.spec;

import org.jspecify.annotations.NullMarked;
