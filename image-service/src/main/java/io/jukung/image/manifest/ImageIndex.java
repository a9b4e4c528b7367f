package io.jukung.image.manifest;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Manifests to choose from, in the index's order of preference. */
public record ImageIndex(List<Entry> entries) implements ManifestDocument {
  public record Entry(
      Descriptor descriptor, Optional<Platform> platform, Map<String, String> annotations) {}
}
