/** The cgroups of pods, containers and shims, created by jukung itself or by systemd. */
@NullMarked
package io.jukung.runtime.cgroup;

import org.jspecify.annotations.NullMarked;
