package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.UsageRequest;
import io.jukung.client.v1.UsageResponse;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import io.jukung.engine.request.ImageDefaults;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * {@code POST /images/prune}: removes images that no container uses, those without a name unless
 * the filter dangling says no. Pinned images stay.
 */
final class ImagePrune {
  private final Daemon daemon;
  private final Lookup lookup;

  ImagePrune(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  void handle(Exchange exchange) throws IOException {
    ImageFilters filters = ImageFilters.ofPrune(exchange.query().json("filters"));
    boolean onlyDangling = filters.isOnlyDangling();
    long before = bytes();
    ArrayNode deleted = Json.array();
    // The images are listed first: one that a container gets meanwhile counts as used.
    List<Image> images = lookup.images();
    ImageUse use = ImageUse.ask(daemon, lookup);
    for (Image each : images) {
      boolean chosen = !onlyDangling || each.getRepoTagsCount() == 0;
      if (chosen && !each.getPinned() && use.count(each) == 0 && fits(each, filters)) {
        remove(each, deleted);
      }
    }
    var answer = Json.object();
    answer.set("ImagesDeleted", deleted.isEmpty() ? answer.nullNode() : deleted);
    exchange.sendJson(200, answer.put("SpaceReclaimed", Math.max(0, before - bytes())));
  }

  private boolean fits(Image image, ImageFilters filters) {
    Optional<ImageStatusResponse> details = lookup.imageById(image.getId());
    if (details.isEmpty()) {
      return false; // removed meanwhile
    }
    JsonNode specification = ImageDefaults.specification(details.get());
    return filters.fitsContent(specification);
  }

  private void remove(Image image, ArrayNode deleted) {
    try {
      ImageRemoval.remove(daemon, image, deleted);
    } catch (StatusRuntimeException e) {
      if (!DaemonStatus.isNotFound(e)) {
        throw e;
      } // removed meanwhile
    }
  }

  private long bytes() {
    UsageResponse usage = daemon.jukung().usage(UsageRequest.getDefaultInstance());
    return usage.getBlobBytes() + usage.getLayerBytes();
  }
}
