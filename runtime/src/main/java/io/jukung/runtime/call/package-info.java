/**
 * What several RPCs share: rollback, single flight, selection by filters, chunked answers, and
 * threads for work that may block or that must not end.
 */
@NullMarked
package io.jukung.runtime.call;

import org.jspecify.annotations.NullMarked;
