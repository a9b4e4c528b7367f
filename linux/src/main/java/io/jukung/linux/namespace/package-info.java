/** Namespaces: how they are created, pinned and entered, and their parameters. */
@NullMarked
package io.jukung.linux.namespace;

import org.jspecify.annotations.NullMarked;
