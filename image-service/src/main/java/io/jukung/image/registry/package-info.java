/** Registries: host configuration, credentials, and the Distribution v2 protocol. */
@NullMarked
package io.jukung.image.registry;

import org.jspecify.annotations.NullMarked;
