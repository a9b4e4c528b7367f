/** What containers use of the node, and the limits of that: stats, top and update. */
@NullMarked
package io.jukung.engine.usage;

import org.jspecify.annotations.NullMarked;
