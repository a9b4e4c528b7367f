/** Credentials for registries, and the files and programs that keep them. */
@NullMarked
package io.jukung.image.credentials;

import org.jspecify.annotations.NullMarked;
