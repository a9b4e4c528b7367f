package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.AttachResponse;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/**
 * Attach: returns a URL for the streams of a container's first process. The container need not be
 * started yet: a client that waits at the URL misses no output.
 */
public final class Attach {
  private final ContainerStore containers;
  private final StreamUrls urls;

  public Attach(ContainerStore containers, StreamUrls urls) {
    this.containers = containers;
    this.urls = urls;
  }

  public AttachResponse call(AttachRequest request) throws IOException {
    StreamUrls.checkStreams(
        "Attach", request.getTty(), request.getStdin(), request.getStdout(), request.getStderr());
    Container container = containers.get(request.getContainerId());
    if (container.status().isExited()) {
      throw CriException.failedPrecondition("Attach: container " + container.id() + " has ended");
    }
    if (request.getTty() && !container.record().tty()) {
      throw CriException.invalidArgument(
          "Attach: tty is asked for, and container " + container.id() + " has no terminal");
    }
    if (request.getStdin() && !container.record().stdin()) {
      throw CriException.invalidArgument(
          "Attach: stdin is asked for, and container " + container.id() + " has none");
    }
    return AttachResponse.newBuilder()
        .setUrl(urls.attach(request.toBuilder().setContainerId(container.id()).build()))
        .build();
  }
}
