/** Which content of this node other nodes may have. */
@NullMarked
package io.jukung.image.peer;

import org.jspecify.annotations.NullMarked;
