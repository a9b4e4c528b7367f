/** Output and input of containers: logs, attach and exec, in the framings of the API. */
@NullMarked
package io.jukung.engine.stream;

import org.jspecify.annotations.NullMarked;
