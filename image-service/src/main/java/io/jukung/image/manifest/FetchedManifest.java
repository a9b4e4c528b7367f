package io.jukung.image.manifest;

import io.jukung.image.content.Digest;
import java.util.Optional;

/**
 * A manifest or index as a registry gave it.
 *
 * @param digest of the content; verified where it was asked for by digest
 * @param contentType what the registry called it
 */
public record FetchedManifest(Digest digest, byte[] content, Optional<String> contentType) {}
