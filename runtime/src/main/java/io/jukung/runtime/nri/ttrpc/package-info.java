/** Remote calls over ttrpc, in both directions over one socket, as NRI plugins make them. */
@NullMarked
package io.jukung.runtime.nri.ttrpc;

import org.jspecify.annotations.NullMarked;
