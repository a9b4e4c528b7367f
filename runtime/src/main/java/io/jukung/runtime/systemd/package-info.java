/** cgroups by way of systemd: names of slices, and the calls on its bus. */
@NullMarked
package io.jukung.runtime.systemd;

import org.jspecify.annotations.NullMarked;
