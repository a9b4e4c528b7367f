/**
 * What has happened to containers and sandboxes, told to whoever subscribes (CRI's
 * GetContainerEvents).
 */
@NullMarked
package io.jukung.runtime.events;

import org.jspecify.annotations.NullMarked;
