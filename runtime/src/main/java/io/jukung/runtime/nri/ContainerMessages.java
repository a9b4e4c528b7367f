package io.jukung.runtime.nri;

import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerState;
import io.jukung.nri.v1alpha1.Image;
import io.jukung.nri.v1alpha1.LinuxContainer;
import io.jukung.nri.v1alpha1.LinuxDevice;
import io.jukung.nri.v1alpha1.LinuxDeviceCgroup;
import io.jukung.nri.v1alpha1.LinuxNamespace;
import io.jukung.nri.v1alpha1.LinuxPids;
import io.jukung.nri.v1alpha1.LinuxPodSandbox;
import io.jukung.nri.v1alpha1.LinuxResources;
import io.jukung.nri.v1alpha1.Mount;
import io.jukung.nri.v1alpha1.OptionalFileMode;
import io.jukung.nri.v1alpha1.OptionalInt;
import io.jukung.nri.v1alpha1.OptionalInt64;
import io.jukung.nri.v1alpha1.OptionalUInt32;
import io.jukung.nri.v1alpha1.POSIXRlimit;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.User;
import io.jukung.runtime.spec.PodNamespaces;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import java.util.List;

/** Builds the messages in which plugins see pods and containers. */
final class ContainerMessages {
  private final PodNamespaces namespaces;

  ContainerMessages(StatePaths paths) {
    this.namespaces = new PodNamespaces(paths);
  }

  PodSandbox pod(SandboxRecord sandbox) {
    SandboxRecord.SandboxConfig config = sandbox.config();
    LinuxPodSandbox.Builder linux =
        LinuxPodSandbox.newBuilder().setCgroupParent(config.cgroupParent());
    namespaces.of(sandbox).forEach(each -> linux.addNamespaces(namespace(each)));
    SandboxRecord.PodLimits limits = sandbox.limits();
    if (limits != null) {
      linux
          .setPodOverhead(ResourceMessages.of(ResourceRecords.toCri(limits.overhead())))
          .setPodResources(ResourceMessages.of(ResourceRecords.toCri(limits.resources())));
    }
    return PodSandbox.newBuilder()
        .setId(sandbox.id())
        .setName(sandbox.name().name())
        .setUid(sandbox.name().uid())
        .setNamespace(sandbox.name().namespace())
        .putAllLabels(config.labels())
        .putAllAnnotations(config.annotations())
        .setRuntimeHandler(sandbox.runtimeHandler())
        .setLinux(linux)
        .addAllIps(sandbox.addresses())
        .build();
  }

  /** A container of which only the record is left, or known yet. */
  static Container container(ContainerRecord record, ContainerStatusRecord status) {
    return described(record, status).build();
  }

  static Container container(ContainerRecord record, ContainerStatusRecord status, Spec spec) {
    Spec.Process process = spec.process();
    Container.Builder result =
        described(record, status)
            .addAllArgs(process.args())
            .addAllEnv(process.env())
            .putAllAnnotations(spec.annotations())
            .setLinux(linux(record, spec));
    for (Spec.Mount each : spec.mounts()) {
      result.addMounts(
          Mount.newBuilder()
              .setDestination(each.destination())
              .setType(each.type())
              .setSource(each.source())
              .addAllOptions(each.options()));
    }
    for (Spec.Rlimit each : process.rlimits()) {
      result.addRlimits(
          POSIXRlimit.newBuilder().setType(each.type()).setHard(each.hard()).setSoft(each.soft()));
    }
    return result.build();
  }

  private static Container.Builder described(ContainerRecord record, ContainerStatusRecord status) {
    User.Builder user =
        User.newBuilder().setUid((int) record.user().uid()).setGid((int) record.user().gid());
    record.user().supplementalGroups().forEach(each -> user.addAdditionalGids(each.intValue()));
    return Container.newBuilder()
        .setId(record.id())
        .setPodSandboxId(record.sandboxId())
        .setName(record.name().name())
        .setState(
            switch (status.state()) {
              case CREATED -> ContainerState.CONTAINER_CREATED;
              case RUNNING -> ContainerState.CONTAINER_RUNNING;
              case EXITED -> ContainerState.CONTAINER_STOPPED;
              case UNKNOWN -> ContainerState.CONTAINER_UNKNOWN;
            })
        .putAllLabels(record.labels())
        .putAllAnnotations(record.annotations())
        .setPid(status.pid())
        .setCreatedAt(record.createdAt())
        .setStartedAt(status.startedAt())
        .setFinishedAt(status.finishedAt())
        .setExitCode(status.exitCode())
        .setStatusReason(status.reason())
        .setStatusMessage(status.message())
        .setUser(user)
        .setImage(
            Image.newBuilder().setName(record.image().image()).setConfigDigest(record.imageId()));
  }

  private static LinuxContainer linux(ContainerRecord record, Spec spec) {
    LinuxContainer.Builder result =
        LinuxContainer.newBuilder()
            .setCgroupsPath(record.cgroup())
            .putAllSysctl(spec.linux().sysctl())
            .setResources(resources(record, spec.linux().resources().devices()));
    spec.linux().namespaces().forEach(each -> result.addNamespaces(namespace(each)));
    for (Spec.Device each : spec.linux().devices()) {
      result.addDevices(
          LinuxDevice.newBuilder()
              .setPath(each.path())
              .setType(each.type())
              .setMajor(each.major())
              .setMinor(each.minor())
              .setFileMode(OptionalFileMode.newBuilder().setValue(each.fileMode()))
              .setUid(OptionalUInt32.newBuilder().setValue(each.uid()))
              .setGid(OptionalUInt32.newBuilder().setValue(each.gid())));
    }
    Integer oomScore = spec.process().oomScoreAdj();
    if (oomScore != null) {
      result.setOomScoreAdj(OptionalInt.newBuilder().setValue(oomScore));
    }
    return result.build();
  }

  private static LinuxResources resources(
      ContainerRecord record, List<Spec.DeviceRule> deviceRules) {
    LinuxContainerResources limits = ResourceRecords.toCri(record.resources());
    LinuxResources.Builder result = ResourceMessages.of(limits).toBuilder();
    String pids = limits.getUnifiedMap().getOrDefault("pids.max", "");
    if (pids.matches("[0-9]{1,18}")) {
      result.setPids(LinuxPids.newBuilder().setLimit(Long.parseLong(pids)));
    }
    for (Spec.DeviceRule each : deviceRules) {
      LinuxDeviceCgroup.Builder rule =
          LinuxDeviceCgroup.newBuilder()
              .setAllow(each.allow())
              .setType(each.type())
              .setAccess(each.access());
      Long major = each.major();
      Long minor = each.minor();
      if (major != null) {
        rule.setMajor(OptionalInt64.newBuilder().setValue(major));
      }
      if (minor != null) {
        rule.setMinor(OptionalInt64.newBuilder().setValue(minor));
      }
      result.addDevices(rule);
    }
    return result.build();
  }

  private static LinuxNamespace namespace(Spec.Namespace namespace) {
    String path = namespace.path();
    return LinuxNamespace.newBuilder()
        .setType(namespace.type())
        .setPath(path == null ? "" : path)
        .build();
  }
}
