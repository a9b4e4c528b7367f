/** The node that tests run on: namespaces, a registry, CNI plugins, and the daemon under test. */
@NullMarked
package io.jukung.e2e.node;

import org.jspecify.annotations.NullMarked;
