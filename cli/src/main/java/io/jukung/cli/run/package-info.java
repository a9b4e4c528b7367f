/** The commands run and create, and what their options mean to the daemon. */
@NullMarked
package io.jukung.cli.run;

import org.jspecify.annotations.NullMarked;
