package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.client.v1.HistoryRequest;
import io.jukung.client.v1.HistoryStep;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which layers several images have, and what these take on the disk. For one thread. */
public final class SharedLayers {
  private final Daemon daemon;
  private final Map<String, Integer> users = new HashMap<>();
  private final Map<String, List<Layer>> images = new HashMap<>();

  /** A layer, named by its directory. */
  private record Layer(String directory, long bytes) {}

  public SharedLayers(Daemon daemon) {
    this.daemon = daemon;
  }

  /**
   * Takes note of an image.
   *
   * @param details its verbose status
   */
  public void add(ImageStatusResponse details) {
    String id = details.getImage().getId();
    JsonNode chain = Json.details(details.getInfoMap()).path("chain");
    if (chain.isEmpty()) {
      return; // an artifact, or an image without layers
    }
    List<Long> sizes =
        daemon
            .madeImages()
            .history(HistoryRequest.newBuilder().setImage(id).build())
            .getStepsList()
            .stream()
            .filter(HistoryStep::getHasLayer)
            .map(HistoryStep::getSize)
            .toList();
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < Math.min(chain.size(), sizes.size()); i++) {
      layers.add(new Layer(chain.get(i).asText(), sizes.get(i))); // both begin with the top
    }
    layers.forEach(each -> users.merge(each.directory(), 1, Integer::sum));
    images.put(id, layers);
  }

  /** What an image shares with others that were added, in bytes. */
  public long sharedBytes(String imageId) {
    return images.getOrDefault(imageId, List.of()).stream()
        .filter(each -> users.getOrDefault(each.directory(), 0) > 1)
        .mapToLong(Layer::bytes)
        .sum();
  }
}
