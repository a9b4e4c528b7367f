/** The Node Resource Interface: plugins that watch pods and containers, and adjust containers. */
@NullMarked
package io.jukung.runtime.nri;

import org.jspecify.annotations.NullMarked;
