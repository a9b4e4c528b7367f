/** The routes about networks. */
@NullMarked
package io.jukung.engine.network;

import org.jspecify.annotations.NullMarked;
