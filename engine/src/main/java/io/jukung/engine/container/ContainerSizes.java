package io.jukung.engine.container;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListContainerStatsRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import java.util.HashMap;
import java.util.Map;

/**
 * The disk space of all containers at one moment, in bytes.
 *
 * @param written what each container has written into its root file system, by its ID
 * @param images what each image takes, by its ID
 */
record ContainerSizes(Map<String, Long> written, Map<String, Long> images) {
  /** Asks the daemon for the sizes of all containers and images. */
  static ContainerSizes of(Daemon daemon, Lookup lookup) {
    Map<String, Long> written = new HashMap<>();
    daemon
        .runtime()
        .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
        .getStatsList()
        .forEach(
            each ->
                written.put(
                    each.getAttributes().getId(),
                    each.getWritableLayer().getUsedBytes().getValue()));
    Map<String, Long> images = new HashMap<>();
    for (Image each : lookup.images()) {
      images.put(each.getId(), each.getSize());
    }
    return new ContainerSizes(written, images);
  }

  /** Adds what a container has written, and that together with what its image has. */
  void putInto(ObjectNode json, ContainerView view) {
    long own = written.getOrDefault(view.container().getId(), 0L);
    long image = images.getOrDefault(view.status().getImageId(), 0L);
    json.put("SizeRw", own).put("SizeRootFs", own + image);
  }
}
