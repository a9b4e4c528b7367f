/** Clients of the streaming server. They use its wire protocols and none of its code. */
@NullMarked
package io.jukung.e2e.stream;

import org.jspecify.annotations.NullMarked;
