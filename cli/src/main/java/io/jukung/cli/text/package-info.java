/** How values are written for people and for programs: sizes, times, IDs, tables, JSON. */
@NullMarked
package io.jukung.cli.text;

import org.jspecify.annotations.NullMarked;
