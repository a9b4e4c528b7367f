/** What a client of the daemon needs: a channel to its socket, and the release it belongs to. */
@NullMarked
package io.jukung.cri.client;

import org.jspecify.annotations.NullMarked;
