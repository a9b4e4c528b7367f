package io.jukung.image.manifest;

import io.jukung.image.content.Digest;
import java.util.Optional;

/**
 * A manifest or index as a registry sent it.
 *
 * @param digest the content's digest, which the content was checked against
 * @param content the document's bytes
 * @param contentType the response's Content-Type header
 */
public record FetchedManifest(Digest digest, byte[] content, Optional<String> contentType) {}
