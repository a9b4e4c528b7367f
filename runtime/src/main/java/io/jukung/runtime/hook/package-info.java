/** Programs that run while a container starts and after it has ended. */
@NullMarked
package io.jukung.runtime.hook;

import org.jspecify.annotations.NullMarked;
