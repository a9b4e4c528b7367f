/** The commands about networks. */
@NullMarked
package io.jukung.cli.network;

import org.jspecify.annotations.NullMarked;
