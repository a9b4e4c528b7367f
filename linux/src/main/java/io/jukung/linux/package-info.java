/**
 * The Linux kernel as the rest of jukung sees it: domain words above, raw calls in {@code libc}.
 */
@NullMarked
package io.jukung.linux;

import org.jspecify.annotations.NullMarked;
