/** The few operations on network interfaces that CNI plugins do not do. */
@NullMarked
package io.jukung.linux.net;

import org.jspecify.annotations.NullMarked;
