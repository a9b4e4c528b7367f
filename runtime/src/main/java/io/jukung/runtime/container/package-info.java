/** The life of a container: execs in it, its end and removal, its images, and how CRI sees it. */
@NullMarked
package io.jukung.runtime.container;

import org.jspecify.annotations.NullMarked;
