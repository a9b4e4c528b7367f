/** Statistics of pods and containers, and metrics under the names that cAdvisor gives them. */
@NullMarked
package io.jukung.runtime.stats;

import org.jspecify.annotations.NullMarked;
