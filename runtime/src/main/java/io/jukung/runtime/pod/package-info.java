/** The life of a pod sandbox: the request for it, its creation and its end, and how CRI sees it. */
@NullMarked
package io.jukung.runtime.pod;

import org.jspecify.annotations.NullMarked;
