/**
 * Dockerfiles (docs.docker.com/reference/dockerfile): from text to stages of instructions, their
 * words and variables, and the files that .dockerignore leaves out.
 */
@NullMarked
package io.jukung.image.dockerfile;

import org.jspecify.annotations.NullMarked;
