/** Signatures of images, and the policy that says which images need some. */
@NullMarked
package io.jukung.image.signature;

import org.jspecify.annotations.NullMarked;
