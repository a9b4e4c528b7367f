/** An image's layers: fetched, unpacked side by side, and put into the layer store. */
@NullMarked
package io.jukung.image.install;

import org.jspecify.annotations.NullMarked;
