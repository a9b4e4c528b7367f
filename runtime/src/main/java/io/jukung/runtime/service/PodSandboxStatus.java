package io.jukung.runtime.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.EncodedMessage;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.pod.SandboxViews;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;

/** PodSandboxStatus: returns all that is known of one sandbox and its containers. */
public final class PodSandboxStatus {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerViews views;
  private final StatePaths paths;

  public PodSandboxStatus(
      SandboxStore sandboxes, ContainerStore containers, ContainerViews views, StatePaths paths) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.views = views;
    this.paths = paths;
  }

  /** Returns the answer to a request that is not verbose, from memory alone. */
  public EncodedMessage encoded(PodSandboxStatusRequest request) {
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    // Taken before the state is read, so that a client never takes an old state for a newer one.
    long timestamp = Clock.later();
    EncodedMessage response =
        new EncodedMessage()
            .add(
                PodSandboxStatusResponse.STATUS_FIELD_NUMBER,
                SandboxViews.status(sandbox, sandbox.record()));
    for (Container container : containers.of(sandbox.id())) {
      response.add(
          PodSandboxStatusResponse.CONTAINERS_STATUSES_FIELD_NUMBER, views.status(container));
    }
    return response.add(PodSandboxStatusResponse.newBuilder().setTimestamp(timestamp).build());
  }

  public PodSandboxStatusResponse call(PodSandboxStatusRequest request) throws IOException {
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    // Taken before the state is read, so that a client never takes an old state for a newer one.
    long timestamp = Clock.later();
    PodSandboxStatusResponse.Builder response =
        PodSandboxStatusResponse.newBuilder()
            .setStatus(SandboxViews.status(sandbox.record()))
            .setTimestamp(timestamp);
    for (Container container : containers.of(sandbox.id())) {
      response.addContainersStatuses(views.status(container.record(), container.status()));
    }
    if (request.getVerbose()) {
      response.putInfo("info", info(sandbox.record()));
    }
    return response.build();
  }

  private String info(SandboxRecord record) throws IOException {
    ObjectNode info = JSON.createObjectNode();
    info.put("shimPid", record.shimPid());
    info.put("stateDirectory", paths.sandboxState(record.id()).toString());
    info.set("record", JSON.valueToTree(record));
    return JSON.writeValueAsString(info);
  }
}
