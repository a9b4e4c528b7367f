/** What {@code jukung doctor} finds wrong on a node, and what to do about it. */
@NullMarked
package io.jukung.runtime.doctor;

import org.jspecify.annotations.NullMarked;
