package io.jukung.runtime.container;

import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.CommitResponse;
import io.jukung.image.commit.ImageCommitter;
import io.jukung.image.store.StoredImage;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.util.Optional;

/** Makes an image of a container, for jukung's own client. */
public final class CommitContainer {
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerSpecs specs;
  private final StatePaths paths;
  private final Standstill standstill;
  private final ImageCommitter committer;

  public CommitContainer(
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerSpecs specs,
      StatePaths paths,
      Standstill standstill,
      ImageCommitter committer) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.specs = specs;
    this.paths = paths;
    this.standstill = standstill;
    this.committer = committer;
  }

  /** An interrupt of the calling thread ends the commit; no image and no file is left then. */
  public CommitResponse call(CommitRequest request) throws IOException, InterruptedException {
    Container container = containers.get(request.getContainerId());
    try (Container.Reading reading = container.beginReading()) {
      ImageCommitter.Quiet quiet =
          request.getNoPause()
              ? ImageCommitter.Work::run
              : work -> standstill.during(container, work::run);
      StoredImage image =
          committer.commit(source(container), description(request, container), quiet);
      return CommitResponse.newBuilder().setImageId(image.id()).build();
    }
  }

  private ImageCommitter.Source source(Container container) {
    OwnerMap owners =
        OwnerMap.of(sandboxes.get(container.record().sandboxId()).record().config().user());
    return new ImageCommitter.Source(
        container.record().imageId(), paths.containerUpper(container.id()), owners);
  }

  private ImageCommitter.Description description(CommitRequest request, Container container)
      throws IOException {
    return new ImageCommitter.Description(
        Optional.of(request.getName()).filter(name -> !name.isEmpty()),
        request.getAuthor(),
        request.getMessage(),
        String.join(" ", specs.of(container.id()).process().args()),
        request.getChangesList());
  }
}
