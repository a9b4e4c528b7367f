package io.jukung.cli.terminal;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream is served, as the daemon has said on its own socket.
 *
 * @param certificate the SHA-256, in hex, of the only certificate to trust there; null: no TLS
 */
public record StreamEndpoint(URI url, @Nullable String certificate) {}
