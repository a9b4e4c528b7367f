/** From a container's CRI configuration to the OCI specification it runs with. */
@NullMarked
package io.jukung.runtime.spec;

import org.jspecify.annotations.NullMarked;
