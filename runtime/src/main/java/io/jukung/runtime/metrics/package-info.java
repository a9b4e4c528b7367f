/** What the daemon counts for operators, and the page of it that Prometheus reads. */
@NullMarked
package io.jukung.runtime.metrics;

import org.jspecify.annotations.NullMarked;
