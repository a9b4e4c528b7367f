/** Go templates, by which docker's users choose what a command prints, evaluated on JSON. */
@NullMarked
package io.jukung.cli.template;

import org.jspecify.annotations.NullMarked;
