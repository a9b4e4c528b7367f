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
import io.jukung.linux.process.Signals;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ContainerStatusRecord;

/** Builds the messages in which CRI shows containers. */
public final class ContainerViews {
  private ContainerViews() {}

  public static Container listed(ContainerRecord record, ContainerStatusRecord status) {
    return Container.newBuilder()
        .setId(record.id())
        .setPodSandboxId(record.sandboxId())
        .setMetadata(metadata(record.name()))
        .setImage(image(record.image()))
        .setImageRef(record.imageId())
        .setImageId(record.imageId())
        .setState(state(status))
        .setCreatedAt(record.createdAt())
        .putAllLabels(record.labels())
        .putAllAnnotations(record.annotations())
        .build();
  }

  public static ContainerAttributes attributes(ContainerRecord record) {
    return ContainerAttributes.newBuilder()
        .setId(record.id())
        .setMetadata(metadata(record.name()))
        .putAllLabels(record.labels())
        .putAllAnnotations(record.annotations())
        .build();
  }

  public static ContainerStatus status(ContainerRecord record, ContainerStatusRecord status) {
    ContainerStatus.Builder result =
        ContainerStatus.newBuilder()
            .setId(record.id())
            .setMetadata(metadata(record.name()))
            .setState(state(status))
            .setCreatedAt(record.createdAt())
            .setStartedAt(status.startedAt())
            .setFinishedAt(status.finishedAt())
            .setExitCode(status.exitCode())
            .setImage(image(record.image()))
            .setImageRef(record.imageId())
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
