package io.jukung.image.manifest;

import java.util.List;

/**
 * One image for one platform.
 *
 * @param layers bottom first
 */
public record ImageManifest(Descriptor config, List<Descriptor> layers)
    implements ManifestDocument {}
