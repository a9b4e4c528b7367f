/** Pod networks: a client of the Container Network Interface (CNI) specification, 0.1 to 1.1. */
@NullMarked
package io.jukung.runtime.network;

import org.jspecify.annotations.NullMarked;
