/** What the containers of a pod share in their file systems: names, resolver, shared memory. */
@NullMarked
package io.jukung.runtime.sandboxfiles;

import org.jspecify.annotations.NullMarked;
