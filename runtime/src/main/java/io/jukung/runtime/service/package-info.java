/** RuntimeService: a class for each call, and what several of them share. */
@NullMarked
package io.jukung.runtime.service;

import org.jspecify.annotations.NullMarked;
