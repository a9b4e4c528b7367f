package io.jukung.runtime.build;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where builds keep what.
 *
 * <pre>
 * root/builds/steps/KEY.json   a step that later builds need not carry out
 * root/builds/mounts/DIGEST/   a directory of --mount=type=cache
 * root/builds/work/…           logs and temporary directories of commands; emptied at the start
 * state/builds/…               secrets and scripts of commands; emptied at the start
 * </pre>
 */
public final class BuildDirectories {
  private static final Logger LOG = LoggerFactory.getLogger(BuildDirectories.class);

  private final StatePaths paths;
  private final CacheDirectories caches;
  private final List<Path> left = new ArrayList<>();

  public BuildDirectories(StatePaths paths) {
    this.paths = paths;
    this.caches = new CacheDirectories(mounts());
  }

  /**
   * Makes the directories, and removes what a daemon that was killed has left. Commands of that
   * daemon may still write; what cannot be removed for that reason stays until {@link #removeLeft}.
   */
  public void prepare() throws IOException {
    for (Path each : List.of(steps(), mounts(), work(), secrets())) {
      StatePaths.createPrivate(each);
    }
    for (Path each : List.of(work(), secrets())) {
      list(each).forEach(BuildDirectories::tryToRemove);
      left.addAll(list(each));
    }
    caches.unnamed().forEach(BuildDirectories::tryToRemove);
  }

  /** Removes what {@link #prepare} could not, once the commands of the earlier daemon are gone. */
  public void removeLeft() {
    left.forEach(BuildDirectories::tryToRemove);
    left.clear();
  }

  /** The records of the build cache. */
  public Path steps() {
    return paths.builds().resolve("steps");
  }

  Path mounts() {
    return paths.builds().resolve("mounts");
  }

  Path work() {
    return paths.builds().resolve("work");
  }

  Path secrets() {
    return paths.buildSecrets();
  }

  /** What is in {@link #mounts}. */
  CacheDirectories caches() {
    return caches;
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  private static void tryToRemove(Path each) {
    try {
      TreeRemoval.remove(each);
    } catch (ErrnoException e) {
      LOG.warn("{} is left of a build of an earlier daemon: {}", each, e.getMessage());
    }
  }
}
