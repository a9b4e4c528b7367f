package io.jukung.image.sharedcache;

import io.jukung.image.manifest.ImageSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The steps of the caches that a build imports, and where their layers come from. Immutable. */
public final class ImportedSteps {
  /** A build without other caches. */
  public static final ImportedSteps NONE = new ImportedSteps(List.of());

  private final List<Source> sources;

  private record Source(Map<String, SharedStep> steps, ImageSource registry) {}

  private ImportedSteps(List<Source> sources) {
    this.sources = sources;
  }

  /** A step that was found. */
  public record Found(SharedStep step, ImageSource registry) {}

  /** The same with the steps of one more cache, which is asked after the others. */
  ImportedSteps with(Map<String, SharedStep> steps, ImageSource registry) {
    List<Source> all = new ArrayList<>(sources);
    all.add(new Source(steps, registry));
    return new ImportedSteps(List.copyOf(all));
  }

  public Optional<Found> find(String key) {
    for (Source source : sources) {
      SharedStep step = source.steps.get(key);
      if (step != null) {
        return Optional.of(new Found(step, source.registry));
      }
    }
    return Optional.empty();
  }
}
