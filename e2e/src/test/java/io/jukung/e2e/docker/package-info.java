/** Clients of docker's API that others wrote, in processes on the node of the engine. */
@NullMarked
package io.jukung.e2e.docker;

import org.jspecify.annotations.NullMarked;
