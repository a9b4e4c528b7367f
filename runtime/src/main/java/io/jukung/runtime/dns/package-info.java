/**
 * The name server of containers in user networks: sockets in their network namespaces, questions,
 * answers, and the name servers that are asked for all other names.
 */
@NullMarked
package io.jukung.runtime.dns;

import org.jspecify.annotations.NullMarked;
