/**
 * What calls share: rollback, single flight, selection by filters, streams in chunks, and threads
 * for work that may block or that must not end.
 */
@NullMarked
package io.jukung.runtime.call;

import org.jspecify.annotations.NullMarked;
