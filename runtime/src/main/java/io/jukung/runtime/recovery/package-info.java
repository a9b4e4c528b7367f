/** Takes up the pods of an earlier daemon when the daemon starts. */
@NullMarked
package io.jukung.runtime.recovery;

import org.jspecify.annotations.NullMarked;
