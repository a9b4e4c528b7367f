/** Layers: tar reading, decompression, confined unpack into overlay lower directories. */
@NullMarked
package io.jukung.image.layer;

import org.jspecify.annotations.NullMarked;
