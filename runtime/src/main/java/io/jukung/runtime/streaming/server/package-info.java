/** The HTTP server of exec, attach and port-forward: tokens, upgrades and the certificate. */
@NullMarked
package io.jukung.runtime.streaming.server;

import org.jspecify.annotations.NullMarked;
