/** Black-box tests: a real daemon, a real registry, real CNI plugins, seen through the CRI. */
@NullMarked
package io.jukung.e2e;

import org.jspecify.annotations.NullMarked;
