/** The RPCs of CRI's ImageService and of jukung's own image calls, one class each. */
@NullMarked
package io.jukung.image.service;

import org.jspecify.annotations.NullMarked;
