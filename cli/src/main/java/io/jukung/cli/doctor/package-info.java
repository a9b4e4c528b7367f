/** The command {@code jukung doctor}. */
@NullMarked
package io.jukung.cli.doctor;

import org.jspecify.annotations.NullMarked;
