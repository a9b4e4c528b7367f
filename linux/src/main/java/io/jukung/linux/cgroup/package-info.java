/** Control groups, version 2. */
@NullMarked
package io.jukung.linux.cgroup;

import org.jspecify.annotations.NullMarked;
