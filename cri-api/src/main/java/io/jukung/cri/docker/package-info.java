/**
 * Docker's JSON of containers and images, as its API has it in the versions 1.44 to 1.51, made from
 * what the daemon says in CRI and in jukung's own protocol. For clients of the daemon.
 */
@NullMarked
package io.jukung.cri.docker;

import org.jspecify.annotations.NullMarked;
