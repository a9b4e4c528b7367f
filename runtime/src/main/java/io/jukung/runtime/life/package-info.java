/** What jukung's own client can do with containers beyond CRI: pause, kill, rename, start again. */
@NullMarked
package io.jukung.runtime.life;

import org.jspecify.annotations.NullMarked;
