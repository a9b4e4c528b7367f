/** Images as the runtime sees them: records, leases, pull and import. */
@NullMarked
package io.jukung.image;

import org.jspecify.annotations.NullMarked;
