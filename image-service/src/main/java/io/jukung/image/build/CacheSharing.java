package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.build.BuildSettings.CacheExport;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.sharedcache.ImportedSteps;
import io.jukung.image.sharedcache.SharedCaches;
import io.jukung.image.sharedcache.SharedStep;
import java.util.List;

/** Imports steps of other nodes before a build, and exports its own after it. For one thread. */
final class CacheSharing {
  private final SharedCaches caches;
  private final BuildListener listener;
  private final Steps steps;

  CacheSharing(SharedCaches caches, BuildListener listener) {
    this.caches = caches;
    this.listener = listener;
    this.steps = new Steps(listener, "");
  }

  /** Reads caches. One that cannot be read is a warning: the build only takes longer without it. */
  ImportedSteps read(List<String> names) throws InterruptedException {
    ImportedSteps imported = ImportedSteps.NONE;
    for (String name : names) {
      Steps.Running step = steps.begin("importing cache from " + name, 0, 0);
      try {
        imported = caches.read(name, imported);
      } catch (CriException e) {
        listener.warning(String.valueOf(e.getMessage()));
      }
      step.done(false);
    }
    return imported;
  }

  /**
   * Writes the cache that the build is to leave.
   *
   * @param used the steps of the build
   * @param images what it has made
   */
  void write(BuildSettings settings, UsedSteps used, List<ChainImages.Finished> images)
      throws InterruptedException {
    if (settings.exportedCache().isEmpty()) {
      return;
    }
    CacheExport export = settings.exportedCache().get();
    List<SharedStep> steps =
        export.allStages()
            ? used.shared()
            : used.sharedOf(images.stream().map(ChainImages.Finished::layers).toList());
    Steps.Running step = this.steps.begin("exporting cache to " + export.name(), 0, 0);
    try {
      var _ = caches.write(export.name(), steps);
    } catch (CriException e) {
      if (!export.ignoresErrors()) {
        throw step.failed(e);
      }
      listener.warning(String.valueOf(e.getMessage()));
    }
    step.done(false);
  }
}
