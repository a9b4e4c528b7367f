package io.jukung.engine.system;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.CachedStep;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.client.v1.Volume;
import io.jukung.cri.docker.DockerTime;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.container.ContainerUsage;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import io.jukung.engine.image.ImageSummary;
import io.jukung.engine.image.ImageUse;
import io.jukung.engine.image.SharedLayers;
import io.jukung.engine.request.ImageDefaults;
import io.jukung.engine.volume.VolumeRoutes;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** {@code GET /system/df}: what takes disk space. */
public final class DiskUsageRoute {
  private static final Set<String> TYPES = Set.of("build-cache", "container", "image", "volume");

  private static final long NANOS = 1_000_000_000L;

  private final Daemon daemon;
  private final Lookup lookup;

  public DiskUsageRoute(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router.get("/system/df", this::usage);
  }

  private void usage(Exchange exchange) throws IOException, InterruptedException {
    Set<String> types = new TreeSet<>(exchange.query().all("type"));
    for (String each : types) {
      if (!TYPES.contains(each)) {
        throw HttpError.badRequest("unknown object type: " + each);
      }
    }
    boolean all = types.isEmpty();
    ObjectNode json = Json.object();
    if (all || types.contains("image")) {
      addImages(json);
    }
    if (all || types.contains("container")) {
      json.set("Containers", ContainerUsage.list(daemon, lookup));
    }
    if (all || types.contains("volume")) {
      addVolumes(json.putArray("Volumes"));
    }
    if (all || types.contains("build-cache")) {
      addBuildCache(json);
    }
    exchange.sendJson(200, json);
  }

  /** Docker's client computes from these what removing the unused images would free. */
  private void addImages(ObjectNode json) {
    UsageResponse usage = daemon.jukung().usage(UsageRequest.getDefaultInstance());
    json.put("LayersSize", usage.getBlobBytes() + usage.getLayerBytes());
    ImageUse use = ImageUse.ask(daemon, lookup);
    List<ImageStatusResponse> images =
        lookup.images().stream().flatMap(each -> lookup.imageById(each.getId()).stream()).toList();
    SharedLayers shared = new SharedLayers(daemon);
    images.forEach(shared::add);
    ArrayNode list = json.putArray("Images");
    for (ImageStatusResponse each : images) {
      list.add(
          ImageSummary.of(each.getImage(), ImageDefaults.specification(each))
              .put("Containers", use.count(each.getImage()))
              .put("SharedSize", shared.sharedBytes(each.getImage().getId())));
    }
  }

  private void addVolumes(ArrayNode list) {
    for (Volume each :
        daemon
            .volumes()
            .listVolumes(ListVolumesRequest.newBuilder().setWithSizes(true).build())
            .getVolumesList()) {
      ObjectNode volume = VolumeRoutes.json(each);
      volume
          .putObject("UsageData")
          .put("RefCount", each.getContainerIdsCount())
          .put("Size", each.getSizeBytes());
      list.add(volume);
    }
  }

  private void addBuildCache(ObjectNode json) {
    var cache = daemon.buildCache().listBuildCache(ListBuildCacheRequest.getDefaultInstance());
    ArrayNode list = json.putArray("BuildCache");
    for (CachedStep each : cache.getStepsList()) {
      ObjectNode step = list.addObject().put("ID", each.getKey()).put("Type", "regular");
      step.put("Description", each.getInstruction()).put("InUse", false).put("Shared", false);
      step.put("Size", each.getSize()).put("CreatedAt", DockerTime.of(each.getCreatedAt() * NANOS));
      step.put("LastUsedAt", DockerTime.of(each.getUsedAt() * NANOS)).put("UsageCount", 1);
    }
    if (cache.getMountBytes() > 0) {
      ObjectNode mounts = list.addObject().put("ID", "mounts").put("Type", "exec.cachemount");
      mounts.put("Description", "RUN --mount=type=cache").put("InUse", false).put("Shared", false);
      mounts.put("Size", cache.getMountBytes()).put("CreatedAt", DockerTime.NEVER);
      mounts.putNull("LastUsedAt").put("UsageCount", 1);
    }
    json.put(
        "BuilderSize",
        cache.getMountBytes() + cache.getStepsList().stream().mapToLong(CachedStep::getSize).sum());
  }
}
