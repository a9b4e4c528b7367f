/** Network interfaces, as far as no CNI plugin does it. */
@NullMarked
package io.jukung.linux.net;

import org.jspecify.annotations.NullMarked;
