/** System call filters (seccomp(2)), compiled by libseccomp. */
@NullMarked
package io.jukung.linux.seccomp;

import org.jspecify.annotations.NullMarked;
