/**
 * A model of the runtime's API that says what each call must answer, and random calls to compare.
 */
@NullMarked
package io.jukung.e2e.model;

import org.jspecify.annotations.NullMarked;
