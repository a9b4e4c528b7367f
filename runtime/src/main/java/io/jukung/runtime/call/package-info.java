/** What calls share: rollback, single flight, selection by filters, and streams in chunks. */
@NullMarked
package io.jukung.runtime.call;

import org.jspecify.annotations.NullMarked;
