/** What runs behind a stream: execs, attached containers and forwarded ports. */
@NullMarked
package io.jukung.runtime.streaming.session;

import org.jspecify.annotations.NullMarked;
