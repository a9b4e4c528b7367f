/** What the running kernel can do, found out by trying. */
@NullMarked
package io.jukung.linux.probe;

import org.jspecify.annotations.NullMarked;
