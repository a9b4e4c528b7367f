/**
 * What every client of the daemon needs: a channel to its socket, and the version of the release.
 */
@NullMarked
package io.jukung.cri.client;

import org.jspecify.annotations.NullMarked;
