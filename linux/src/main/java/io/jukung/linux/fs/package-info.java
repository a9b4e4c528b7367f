/** Files and directories: descriptors, confined path resolution, attributes, atomic state files. */
@NullMarked
package io.jukung.linux.fs;

import org.jspecify.annotations.NullMarked;
