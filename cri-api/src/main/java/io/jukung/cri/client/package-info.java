/**
 * What every client of the daemon needs: a channel to its socket, the version of the release, and
 * the paths that containers do not see.
 */
@NullMarked
package io.jukung.cri.client;

import org.jspecify.annotations.NullMarked;
