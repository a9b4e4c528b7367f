/**
 * Builds of images as calls: the commands of RUN in containers of jukung's own, their output, their
 * mounts, and what is left of them when the daemon is killed.
 */
@NullMarked
package io.jukung.runtime.build;

import org.jspecify.annotations.NullMarked;
