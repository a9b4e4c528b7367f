/** Black-box tests of a real daemon with a real registry and real CNI plugins, through the CRI. */
@NullMarked
package io.jukung.e2e;

import org.jspecify.annotations.NullMarked;
