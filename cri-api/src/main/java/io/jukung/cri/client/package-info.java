/**
 * What every client of the daemon needs: a channel to its socket, the version of the release, and
 * the marks of containers that jukung makes itself, and calls that send archives.
 */
@NullMarked
package io.jukung.cri.client;

import org.jspecify.annotations.NullMarked;
