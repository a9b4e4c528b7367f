/** Raw system calls, their flags, and native memory. */
@NullMarked
package io.jukung.linux.libc;

import org.jspecify.annotations.NullMarked;
