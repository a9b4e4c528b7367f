package io.jukung.image.service;

import io.jukung.client.v1.ActivePull;
import io.jukung.client.v1.ListPullsRequest;
import io.jukung.client.v1.ListPullsResponse;
import io.jukung.image.pull.ActivePulls;
import java.time.Instant;

/** Lists the pulls that are under way, also those that kubelet has asked for. */
public final class ListPulls {
  private final ActivePulls pulls;

  public ListPulls(ActivePulls pulls) {
    this.pulls = pulls;
  }

  public ListPullsResponse call(ListPullsRequest request) {
    ListPullsResponse.Builder response = ListPullsResponse.newBuilder();
    pulls.list().forEach(pull -> response.addPulls(message(pull)));
    return response.build();
  }

  private static ActivePull message(ActivePulls.Progress pull) {
    Instant started = pull.startedAt();
    return ActivePull.newBuilder()
        .setImage(pull.image())
        .setRequester(pull.requester())
        .setStartedAt(started.getEpochSecond() * 1_000_000_000L + started.getNano())
        .setLayers(pull.layers())
        .setLayersDone(pull.layersDone())
        .setArrivedBytes(pull.arrivedBytes())
        .setTotalBytes(pull.totalBytes())
        .setBytesPerSecond(pull.bytesPerSecond())
        .addAllHosts(pull.hosts())
        .build();
  }
}
