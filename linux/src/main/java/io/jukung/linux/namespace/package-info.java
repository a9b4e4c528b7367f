/** Creating, pinning and entering namespaces. */
@NullMarked
package io.jukung.linux.namespace;

import org.jspecify.annotations.NullMarked;
