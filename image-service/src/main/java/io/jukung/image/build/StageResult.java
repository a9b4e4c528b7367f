package io.jukung.image.build;

import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.dockerfile.Variables;
import java.util.List;

/**
 * A stage that was built.
 *
 * @param layers bottom first
 * @param settings not to be changed any more
 * @param variables those at its end
 * @param created when its last layer was made, in the form of RFC 3339; empty if nobody says so
 */
record StageResult(
    List<StageLayer> layers, ImageSettings settings, Variables variables, String created) {}
