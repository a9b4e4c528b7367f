/**
 * Tests under a real Kubernetes, whose programs are in the directory {@code KUBEBUILDER_ASSETS}.
 */
@NullMarked
package io.jukung.e2e.cluster;

import org.jspecify.annotations.NullMarked;
