/** The HTTP listener of exec, attach and port-forward: tokens, upgrades and its certificate. */
@NullMarked
package io.jukung.runtime.streaming.server;

import org.jspecify.annotations.NullMarked;
