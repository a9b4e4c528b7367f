/** Raw calls and raw memory: numbers, pointers and structs, no opinions. */
@NullMarked
package io.jukung.linux.libc;

import org.jspecify.annotations.NullMarked;
