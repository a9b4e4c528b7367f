/** The calls of CRI's RuntimeService: one class for each call, named as the call. */
@NullMarked
package io.jukung.runtime.service;

import org.jspecify.annotations.NullMarked;
