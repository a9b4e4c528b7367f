package io.jukung.image.manifest;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An index: manifests of one image for several platforms.
 *
 * @param entries the manifests, in the index's order of preference
 */
public record ImageIndex(List<Entry> entries) implements ManifestDocument {
  /** One manifest of an index. */
  public record Entry(
      Descriptor descriptor, Optional<Platform> platform, Map<String, String> annotations) {}
}
