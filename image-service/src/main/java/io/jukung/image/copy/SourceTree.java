package io.jukung.image.copy;

import io.jukung.linux.fs.Fd;

/**
 * A tree that files are copied from.
 *
 * @param root its root directory, which no path leads out of; the caller's
 * @param name for messages, as in {@code the context}
 * @param keepsOwners whether copies have the owners of the files; if not they belong to root
 */
public record SourceTree(Fd root, String name, boolean keepsOwners) {}
