package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.build.BuildSettings.CacheExport;
import io.jukung.image.buildcache.StageLayer;
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
   * @param layers of the image
   */
  void write(BuildTools tools, List<StageLayer> layers) throws InterruptedException {
    if (tools.settings().exportedCache().isEmpty()) {
      return;
    }
    CacheExport export = tools.settings().exportedCache().get();
    List<SharedStep> used =
        export.allStages() ? tools.used().shared() : tools.used().sharedOf(layers);
    Steps.Running step = steps.begin("exporting cache to " + export.name(), 0, 0);
    try {
      var _ = caches.write(export.name(), used);
    } catch (CriException e) {
      if (!export.ignoresErrors()) {
        throw step.failed(e);
      }
      listener.warning(String.valueOf(e.getMessage()));
    }
    step.done(false);
  }
}
