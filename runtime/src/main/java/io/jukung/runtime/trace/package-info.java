/** Spans of calls and their steps, sent to a collector of OpenTelemetry. */
@NullMarked
package io.jukung.runtime.trace;

import org.jspecify.annotations.NullMarked;
