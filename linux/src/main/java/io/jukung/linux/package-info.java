/**
 * The interface to the Linux kernel. {@code libc} has the raw system calls; the other packages
 * build operations on them.
 */
@NullMarked
package io.jukung.linux;

import org.jspecify.annotations.NullMarked;
