/**
 * Steps of builds in registries: what one node exports, others import without trusting it. See
 * docs/adr/0026.
 */
@NullMarked
package io.jukung.image.sharedcache;

import org.jspecify.annotations.NullMarked;
