/** A CRI client over a unix socket, like kubelet. */
@NullMarked
package io.jukung.e2e.client;

import org.jspecify.annotations.NullMarked;
