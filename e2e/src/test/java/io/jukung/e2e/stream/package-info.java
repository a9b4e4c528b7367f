/**
 * Clients of the streaming server, for tests: they know its wire protocols and nothing of its code.
 */
@NullMarked
package io.jukung.e2e.stream;

import org.jspecify.annotations.NullMarked;
