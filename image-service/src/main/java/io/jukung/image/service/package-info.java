/** The RPCs of CRI's ImageService, one class each. */
@NullMarked
package io.jukung.image.service;

import org.jspecify.annotations.NullMarked;
