/** The files of containers, seen from outside: copies in and out, and what a container changed. */
@NullMarked
package io.jukung.runtime.files;

import org.jspecify.annotations.NullMarked;
