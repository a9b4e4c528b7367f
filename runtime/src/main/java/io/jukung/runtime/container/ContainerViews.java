package io.jukung.runtime.container;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerAttributes;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerResources;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerUser;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.LinuxContainerUser;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.Signal;
import io.jukung.image.reference.ImageReference;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.container.ContainerImages.Names;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ContainerStatusRecord;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Builds the messages in which CRI shows containers. An image is shown as by containerd and CRI-O:
 * {@code image} is its first tag, {@code image_ref} its first digest, and {@code image_id} its id.
 * What kubelet shows of a pod's images comes from the first two; its garbage collection looks at
 * the third. An image without such a name, and one that was removed, is shown as the container was
 * asked for, and by its id.
 */
public final class ContainerViews {
  private final Function<String, Names> imageNames;

  /**
   * @param imageNames finds the present names of the image with an id
   */
  public ContainerViews(Function<String, Names> imageNames) {
    this.imageNames = imageNames;
  }

  public Container listed(ContainerRecord record, ContainerStatusRecord status) {
    return listed(record, status, imageNames.apply(record.imageId()));
  }

  private static Container listed(
      ContainerRecord record, ContainerStatusRecord status, Names names) {
    return Container.newBuilder()
        .setId(record.id())
        .setPodSandboxId(record.sandboxId())
        .setMetadata(metadata(record.name()))
        .setImage(image(record.image(), names))
        .setImageRef(imageRef(record, names))
        .setImageId(record.imageId())
        .setState(state(status))
        .setCreatedAt(record.createdAt())
        .putAllLabels(record.labels())
        .putAllAnnotations(record.annotations())
        .build();
  }

  /**
   * Returns {@link #listed(ContainerRecord, ContainerStatusRecord)} in its serialized form, which
   * is made once for a record, a status and the image's names.
   *
   * @param status a status of the container that the caller has just read
   */
  public byte[] listed(io.jukung.runtime.store.Container container, ContainerStatusRecord status) {
    ContainerRecord record = container.record();
    Names names = imageNames.apply(record.imageId());
    return container
        .listed()
        .of(record, status, names, () -> listed(record, status, names).toByteArray());
  }

  public static ContainerAttributes attributes(ContainerRecord record) {
    return ContainerAttributes.newBuilder()
        .setId(record.id())
        .setMetadata(metadata(record.name()))
        .putAllLabels(record.labels())
        .putAllAnnotations(record.annotations())
        .build();
  }

  public ContainerStatus status(ContainerRecord record, ContainerStatusRecord status) {
    return status(record, status, imageNames.apply(record.imageId()));
  }

  private static ContainerStatus status(
      ContainerRecord record, ContainerStatusRecord status, Names names) {
    ContainerStatus.Builder result =
        ContainerStatus.newBuilder()
            .setId(record.id())
            .setMetadata(metadata(record.name()))
            .setState(state(status))
            .setCreatedAt(record.createdAt())
            .setStartedAt(status.startedAt())
            .setFinishedAt(status.finishedAt())
            .setExitCode(status.exitCode())
            .setImage(image(record.image(), names))
            .setImageRef(imageRef(record, names))
            .setImageId(record.imageId())
            .setReason(status.reason())
            .setMessage(status.message())
            .putAllLabels(record.labels())
            .putAllAnnotations(record.annotations())
            .setLogPath(record.logPath())
            .setUser(user(record.user()))
            .setStopSignal(signal(record.stopSignal()));
    record.mounts().forEach(mount -> result.addMounts(mount(mount)));
    Resources resources = record.resources();
    if (resources != null) {
      result.setResources(
          ContainerResources.newBuilder().setLinux(ResourceRecords.toCri(resources)));
    }
    return result.build();
  }

  /**
   * Returns {@link #status(ContainerRecord, ContainerStatusRecord)} in its serialized form, which
   * is made once for a record, a status and the image's names.
   */
  public byte[] status(io.jukung.runtime.store.Container container) {
    ContainerStatusRecord status = container.status();
    ContainerRecord record = container.record();
    Names names = imageNames.apply(record.imageId());
    return container
        .shown()
        .of(record, status, names, () -> status(record, status, names).toByteArray());
  }

  public static ContainerState state(ContainerStatusRecord status) {
    return switch (status.state()) {
      case CREATED -> ContainerState.CONTAINER_CREATED;
      case RUNNING -> ContainerState.CONTAINER_RUNNING;
      case EXITED -> ContainerState.CONTAINER_EXITED;
      case UNKNOWN -> ContainerState.CONTAINER_UNKNOWN;
    };
  }

  private static ContainerMetadata metadata(ContainerName name) {
    return ContainerMetadata.newBuilder()
        .setName(name.name())
        .setAttempt((int) name.attempt())
        .build();
  }

  /** Clients compare the name with the one they asked for: it comes first if the image has it. */
  private static ImageSpec image(ContainerRecord.ImageReference image, Names names) {
    ImageSpec asked = image(image);
    if (names.tags().isEmpty()) {
      return asked;
    }
    String shown =
        Stream.of(image.userSpecifiedImage(), image.image())
            .flatMap(each -> ImageReference.tagged(each).stream())
            .filter(names.tags()::contains)
            .findFirst()
            .orElse(names.tags().getFirst());
    return asked.toBuilder().setImage(shown).build();
  }

  private static String imageRef(ContainerRecord record, Names names) {
    return names.digest().isEmpty() ? record.imageId() : names.digest();
  }

  private static ImageSpec image(ContainerRecord.ImageReference image) {
    return ImageSpec.newBuilder()
        .setImage(image.image())
        .setUserSpecifiedImage(image.userSpecifiedImage())
        .setRuntimeHandler(image.runtimeHandler())
        .putAllAnnotations(image.annotations())
        .build();
  }

  private static ContainerUser user(ContainerRecord.User user) {
    return ContainerUser.newBuilder()
        .setLinux(
            LinuxContainerUser.newBuilder()
                .setUid(user.uid())
                .setGid(user.gid())
                .addAllSupplementalGroups(user.supplementalGroups()))
        .build();
  }

  private static Mount mount(ContainerRecord.Mount mount) {
    Mount.Builder result = Mount.newBuilder();
    if (mount.image() != null) {
      result
          .setImage(image(mount.image()).toBuilder().setImageRef(mount.imageId()))
          .setImageSubPath(mount.imageSubPath());
    }
    return result
        .setContainerPath(mount.containerPath())
        .setHostPath(mount.hostPath())
        .setReadonly(mount.readonly())
        .setRecursiveReadOnly(mount.recursiveReadOnly())
        .setSelinuxRelabel(mount.selinuxRelabel())
        .setPropagation(
            switch (mount.propagation()) {
              case PRIVATE -> MountPropagation.PROPAGATION_PRIVATE;
              case HOST_TO_CONTAINER -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
              case BIDIRECTIONAL -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
            })
        .build();
  }

  /** Finds the signal by its name: CRI numbers signals in its own way. */
  static Signal signal(int number) {
    for (Signal each : Signal.values()) {
      if (each != Signal.RUNTIME_DEFAULT
          && each != Signal.UNRECOGNIZED
          && Signals.parse(each.name()) == number) {
        return each;
      }
    }
    return Signal.RUNTIME_DEFAULT;
  }
}
