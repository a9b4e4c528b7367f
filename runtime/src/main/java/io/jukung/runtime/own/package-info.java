/** Which pods and containers are jukung's own, and what they ask for beyond CRI. */
@NullMarked
package io.jukung.runtime.own;

import org.jspecify.annotations.NullMarked;
