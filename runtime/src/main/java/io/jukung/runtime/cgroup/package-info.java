/** The cgroups of pods, containers and shims, made by cgroupfs or by systemd. */
@NullMarked
package io.jukung.runtime.cgroup;

import org.jspecify.annotations.NullMarked;
