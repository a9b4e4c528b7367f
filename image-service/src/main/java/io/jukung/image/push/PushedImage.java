package io.jukung.image.push;

import io.jukung.image.content.Digest;

/**
 * An image that was pushed.
 *
 * @param reference the complete name with the tag
 * @param digest the digest of the manifest or index that the tag names now
 * @param sizeBytes the size of that document
 */
public record PushedImage(String reference, Digest digest, long sizeBytes) {}
