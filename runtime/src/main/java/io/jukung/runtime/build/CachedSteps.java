package io.jukung.runtime.build;

import io.jukung.client.v1.CachedStep;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.ListBuildCacheResponse;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheResponse;
import io.jukung.image.buildcache.BuildCache;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Lists and removes what is kept for later builds, for jukung's own client. */
public final class CachedSteps {
  private final BuildCache cache;
  private final BuildDirectories directories;

  public CachedSteps(BuildCache cache, BuildDirectories directories) {
    this.cache = cache;
    this.directories = directories;
  }

  public ListBuildCacheResponse list(ListBuildCacheRequest request) throws IOException {
    DiskUsage mounts = DiskUsage.of(directories.mounts());
    var response =
        ListBuildCacheResponse.newBuilder()
            .setMountBytes(
                mounts.inodes() > 1 ? mounts.bytes() : 0); // the directory is always there
    cache
        .list()
        .forEach(
            step ->
                response.addSteps(
                    CachedStep.newBuilder()
                        .setKey(step.key())
                        .setInstruction(step.instruction())
                        .setSize(step.bytes())
                        .setCreatedAt(step.createdAt())
                        .setUsedAt(step.usedAt())));
    return response.build();
  }

  /** What a build uses at the moment stays until that build ends. */
  public PruneBuildCacheResponse prune(PruneBuildCacheRequest request) throws IOException {
    BuildCache.Removed removed =
        request.getMountsOnly()
            ? new BuildCache.Removed(0, 0)
            : cache.prune(Duration.ofSeconds(request.getUnusedSeconds()));
    long bytes = removed.bytes();
    if (request.getMounts()) {
      bytes += removeMounts();
    }
    return PruneBuildCacheResponse.newBuilder().setSteps(removed.steps()).setBytes(bytes).build();
  }

  private long removeMounts() throws IOException {
    long bytes = 0;
    for (Path each : directories.caches().takeOut()) {
      bytes += DiskUsage.of(each).bytes();
      TreeRemoval.remove(each);
    }
    return bytes;
  }
}
