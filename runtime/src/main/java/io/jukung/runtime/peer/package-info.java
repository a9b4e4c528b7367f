/** The read-only registry that gives this node's images to other nodes. */
@NullMarked
package io.jukung.runtime.peer;

import org.jspecify.annotations.NullMarked;
