/** The daemon's configuration: records with defaults, read from one TOML file. */
@NullMarked
package io.jukung.runtime.config;

import org.jspecify.annotations.NullMarked;
