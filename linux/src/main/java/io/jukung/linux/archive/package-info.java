/** Trees of files as tar archives, read from and written to a directory without leaving it. */
@NullMarked
package io.jukung.linux.archive;

import org.jspecify.annotations.NullMarked;
