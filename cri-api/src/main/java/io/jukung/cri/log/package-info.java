/** The log files of containers, in the form of the CRI, as clients on the node read them. */
@NullMarked
package io.jukung.cri.log;

import org.jspecify.annotations.NullMarked;
