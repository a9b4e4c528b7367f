package io.jukung.image.sharedcache;

import io.jukung.image.buildcache.StageLayer;
import java.util.Optional;

/**
 * A step in a shared cache.
 *
 * @param key identifies what goes into the step
 * @param layer what the step adds; empty for a step that has changed no file
 * @param createdAt seconds since the epoch
 */
public record SharedStep(String key, Optional<StageLayer> layer, long createdAt) {}
