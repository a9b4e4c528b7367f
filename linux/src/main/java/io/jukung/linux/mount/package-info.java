/** The mount API of Linux 5.2 and later, overlayfs, and the mount table. */
@NullMarked
package io.jukung.linux.mount;

import org.jspecify.annotations.NullMarked;
