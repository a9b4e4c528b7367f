/** Docker's routes about builds, in the words of docker's classic builder. */
@NullMarked
package io.jukung.engine.build;

import org.jspecify.annotations.NullMarked;
