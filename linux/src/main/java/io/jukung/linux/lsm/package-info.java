/** The kernel's mandatory access control: AppArmor and SELinux. */
@NullMarked
package io.jukung.linux.lsm;

import org.jspecify.annotations.NullMarked;
