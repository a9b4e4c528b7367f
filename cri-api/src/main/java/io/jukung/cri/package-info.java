/** The error vocabulary that every module of jukung speaks. */
@NullMarked
package io.jukung.cri;

import org.jspecify.annotations.NullMarked;
