package io.jukung.image.manifest;

import io.jukung.image.content.Digest;
import java.util.Optional;

/**
 * A manifest or index as its source delivered it.
 *
 * @param digest the digest of the content; verified if the source was asked for this digest
 * @param contentType the media type that the source gave
 */
public record FetchedManifest(Digest digest, byte[] content, Optional<String> contentType) {}
