/** The networks of pods, made by plugins of the Container Network Interface (CNI). */
@NullMarked
package io.jukung.runtime.network;

import org.jspecify.annotations.NullMarked;
