/** The Container Network Interface: configurations, plugins, results and cached attachments. */
@NullMarked
package io.jukung.runtime.network.cni;

import org.jspecify.annotations.NullMarked;
