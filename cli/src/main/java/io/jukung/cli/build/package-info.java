/** The command build, and docker's group builder. */
@NullMarked
package io.jukung.cli.build;

import org.jspecify.annotations.NullMarked;
