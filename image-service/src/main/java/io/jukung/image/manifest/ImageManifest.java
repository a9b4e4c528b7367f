package io.jukung.image.manifest;

import java.util.List;

/**
 * The manifest of a container image for one platform.
 *
 * @param config the image's configuration
 * @param layers the layers, bottom first
 */
public record ImageManifest(Descriptor config, List<Descriptor> layers)
    implements ManifestDocument {}
