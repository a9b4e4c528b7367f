package io.jukung.image.manifest;

import io.jukung.image.content.Digest;

/**
 * Points to content (OCI image-spec, descriptor.md).
 *
 * @param mediaType as it was given, known to us or not
 * @param size in bytes, which the content must have exactly
 */
public record Descriptor(String mediaType, Digest digest, long size) {}
