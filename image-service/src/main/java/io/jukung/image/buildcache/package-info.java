/**
 * What the steps of builds have made, kept for later builds: the entries by their keys, and the
 * images and layers to which they lead, as an image of the image store that is not listed.
 */
@NullMarked
package io.jukung.image.buildcache;

import org.jspecify.annotations.NullMarked;
