/**
 * The files that COPY and ADD of a Dockerfile bring into an image: the context, paths and patterns
 * in it, digests of trees, and copies by docker's rules for destinations.
 */
@NullMarked
package io.jukung.image.copy;

import org.jspecify.annotations.NullMarked;
