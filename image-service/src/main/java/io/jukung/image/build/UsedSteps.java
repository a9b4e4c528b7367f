package io.jukung.image.build;

import io.jukung.image.buildcache.CacheEntry;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.content.Digest;
import io.jukung.image.sharedcache.SharedStep;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The steps that a build has found in a cache or made, in the order of their ends. Thread-safe. */
final class UsedSteps {
  private final List<CacheEntry> all = new ArrayList<>();

  synchronized void add(CacheEntry entry) {
    all.add(entry);
  }

  /** All steps, for other nodes. */
  synchronized List<SharedStep> shared() {
    Set<String> seen = new HashSet<>();
    return all.stream()
        .filter(each -> seen.add(each.key())) // two platforms may have steps in common
        .map(each -> new SharedStep(each.key(), each.layer(), each.createdAt()))
        .toList();
  }

  /**
   * The steps whose layers are in the images, and those that have none.
   *
   * @param images the layers of each
   */
  List<SharedStep> sharedOf(List<List<StageLayer>> images) {
    Set<Digest> wanted =
        images.stream().flatMap(List::stream).map(StageLayer::diffId).collect(Collectors.toSet());
    return shared().stream()
        .filter(each -> each.layer().isEmpty() || wanted.contains(each.layer().get().diffId()))
        .toList();
  }
}
