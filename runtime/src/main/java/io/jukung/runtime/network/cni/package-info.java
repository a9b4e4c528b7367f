/**
 * A client of the Container Network Interface (CNI) specification, versions 0.1 to 1.1:
 * configurations, plugins, results and the records of attachments.
 */
@NullMarked
package io.jukung.runtime.network.cni;

import org.jspecify.annotations.NullMarked;
