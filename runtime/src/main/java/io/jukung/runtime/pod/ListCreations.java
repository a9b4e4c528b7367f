package io.jukung.runtime.pod;

import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.client.v1.ListCreationsResponse;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Creation;
import io.jukung.runtime.store.SandboxStore;
import java.time.Instant;

/** ListCreations of jukung's own service: lists what is being made and is in no other list yet. */
public final class ListCreations {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;

  public ListCreations(SandboxStore sandboxes, ContainerStore containers) {
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  public ListCreationsResponse call(ListCreationsRequest request) {
    ListCreationsResponse.Builder response = ListCreationsResponse.newBuilder();
    sandboxes
        .names()
        .creations()
        .forEach(
            (name, creation) ->
                response.addCreations(
                    message(creation).setName(name.name()).setNamespace(name.namespace())));
    containers
        .names()
        .creations()
        .forEach(
            (name, creation) ->
                response.addCreations(
                    message(creation).setName(name.name()).setPodSandboxId(name.sandboxId())));
    return response.build();
  }

  private static io.jukung.client.v1.Creation.Builder message(Creation creation) {
    Creation.Progress now = creation.progress();
    return io.jukung.client.v1.Creation.newBuilder()
        .setCall(now.call())
        .setId(now.id())
        .setBegunAt(nanos(now.begunAt()))
        .setStep(now.step())
        .setStepBegunAt(nanos(now.stepBegunAt()));
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }
}
