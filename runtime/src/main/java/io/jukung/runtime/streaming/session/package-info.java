/** The sessions behind streaming connections: execs, attached containers and forwarded ports. */
@NullMarked
package io.jukung.runtime.streaming.session;

import org.jspecify.annotations.NullMarked;
