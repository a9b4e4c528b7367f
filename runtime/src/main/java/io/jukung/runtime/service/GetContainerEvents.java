package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.GetEventsRequest;
import io.jukung.runtime.call.Outlet;
import io.jukung.runtime.events.ContainerEvents;
import io.jukung.runtime.events.Subscription;

/**
 * GetContainerEvents: tells what happens to containers and sandboxes, until the caller cancels or
 * reads too slowly. No event after the answer's headers is missing, so a caller that lists the pods
 * when it has the headers knows everything.
 */
public final class GetContainerEvents {
  private final ContainerEvents events;

  public GetContainerEvents(ContainerEvents events) {
    this.events = events;
  }

  @SuppressWarnings("InfiniteLoopStatement") // ends by the exception that becomes the status
  public void call(GetEventsRequest request, Outlet<ContainerEventResponse> outlet)
      throws InterruptedException {
    try (Subscription subscription = events.subscribe()) {
      outlet.open();
      while (true) {
        outlet.send(subscription.take());
      }
    }
  }
}
