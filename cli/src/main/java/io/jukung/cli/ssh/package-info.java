/** SSH agents that the commands of a build may use: which they are, and the way to them. */
@NullMarked
package io.jukung.cli.ssh;

import org.jspecify.annotations.NullMarked;
