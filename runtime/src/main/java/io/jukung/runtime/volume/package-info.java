/**
 * Named directories that outlive containers: records, content, mounts, and the calls about them.
 */
@NullMarked
package io.jukung.runtime.volume;

import org.jspecify.annotations.NullMarked;
