/** A CRI client over a unix socket, as kubelet is one. */
@NullMarked
package io.jukung.e2e.client;

import org.jspecify.annotations.NullMarked;
