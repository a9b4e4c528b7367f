/** The Container Device Interface: devices that vendors describe in files on the node. */
@NullMarked
package io.jukung.runtime.cdi;

import org.jspecify.annotations.NullMarked;
