/** What pods and containers use: as statistics, and as metrics by the names of cAdvisor. */
@NullMarked
package io.jukung.runtime.stats;

import org.jspecify.annotations.NullMarked;
