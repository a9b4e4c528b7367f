package io.jukung.image.manifest;

import io.jukung.image.content.Digest;

/**
 * A pointer to content (OCI image-spec, descriptor.md).
 *
 * @param mediaType the type as the document states it; may be unknown to {@link MediaType}
 * @param digest the digest that the content must have
 * @param size the size in bytes that the content must have
 */
public record Descriptor(String mediaType, Digest digest, long size) {}
