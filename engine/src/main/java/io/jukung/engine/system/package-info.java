/** The routes about the engine itself: version, state of the node, events, what is no swarm. */
@NullMarked
package io.jukung.engine.system;

import org.jspecify.annotations.NullMarked;
