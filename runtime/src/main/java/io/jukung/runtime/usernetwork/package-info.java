/**
 * Networks that users make for containers of jukung's own: records, addresses, CNI configurations,
 * isolation, memberships of pods, and the calls about them.
 */
@NullMarked
package io.jukung.runtime.usernetwork;

import org.jspecify.annotations.NullMarked;
