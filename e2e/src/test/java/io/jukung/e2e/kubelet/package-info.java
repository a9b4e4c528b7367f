/** A client that makes kubelet's calls in kubelet's order, and tests with it. */
@NullMarked
package io.jukung.e2e.kubelet;

import org.jspecify.annotations.NullMarked;
