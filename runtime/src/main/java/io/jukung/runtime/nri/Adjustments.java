package io.jukung.runtime.nri;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.nri.v1alpha1.CDIDevice;
import io.jukung.nri.v1alpha1.ContainerAdjustment;
import io.jukung.nri.v1alpha1.KeyValue;
import io.jukung.nri.v1alpha1.LinuxContainerAdjustment;
import io.jukung.nri.v1alpha1.LinuxDevice;
import io.jukung.nri.v1alpha1.LinuxDeviceCgroup;
import io.jukung.nri.v1alpha1.LinuxNamespace;
import io.jukung.nri.v1alpha1.LinuxSeccomp;
import io.jukung.nri.v1alpha1.LinuxSeccompArg;
import io.jukung.nri.v1alpha1.LinuxSyscall;
import io.jukung.nri.v1alpha1.Mount;
import io.jukung.nri.v1alpha1.POSIXRlimit;
import io.jukung.runtime.container.LifecyclePlugins.Draft;
import io.jukung.runtime.container.LifecyclePlugins.WithCdiDevices;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecAdjuster;
import io.jukung.runtime.store.ContainerRecord;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes a container that is being created as its plugins have asked for. */
final class Adjustments {
  private static final int DEFAULT_DEVICE_MODE = 0666;
  private static final String WHO = "NRI plugins";

  private Adjustments() {}

  /**
   * The draft with the adjustment.
   *
   * @throws CriException if it cannot be done; the message names the field
   */
  static Draft apply(ContainerAdjustment adjustment, Draft draft, WithCdiDevices specs)
      throws IOException {
    if (adjustment.equals(ContainerAdjustment.getDefaultInstance())) {
      return draft;
    }
    List<String> cdi = adjustment.getCDIDevicesList().stream().map(CDIDevice::getName).toList();
    Spec base = cdi.isEmpty() ? draft.spec() : specs.build(cdi);
    SpecAdjuster spec = new SpecAdjuster(base, WHO);
    adjustment.getAnnotationsMap().forEach((key, value) -> annotation(spec, key, value));
    for (Mount each : adjustment.getMountsList()) {
      mount(spec, each);
    }
    for (KeyValue each : adjustment.getEnvList()) {
      if (each.getKey().startsWith("-")) {
        spec.env(each.getKey().substring(1), null);
      } else {
        spec.env(each.getKey(), each.getValue());
      }
    }
    if (adjustment.getArgsCount() > 0) {
      spec.args(adjustment.getArgsList());
    }
    for (POSIXRlimit each : adjustment.getRlimitsList()) {
      spec.rlimit(new Spec.Rlimit(each.getType(), each.getHard(), each.getSoft()));
    }
    ContainerRecord record = linux(adjustment.getLinux(), spec, draft.record());
    return new Draft(record, spec.result());
  }

  private static void annotation(SpecAdjuster spec, String key, String value) {
    if (key.startsWith("-")) {
      spec.annotation(key.substring(1), null);
    } else {
      spec.annotation(key, value);
    }
  }

  private static void mount(SpecAdjuster spec, Mount mount) {
    if (mount.getDestination().startsWith("-")) {
      spec.removeMount(mount.getDestination().substring(1));
      return;
    }
    spec.mount(
        new Spec.Mount(
            mount.getDestination(), mount.getType(), mount.getSource(), mount.getOptionsList()));
    if (mount.getSource().startsWith("/") && !Files.exists(Path.of(mount.getSource()))) {
      throw CriException.failedPrecondition(
          WHO + ": mounts \"" + mount.getDestination() + "\": there is no " + mount.getSource());
    }
  }

  private static ContainerRecord linux(
      LinuxContainerAdjustment linux, SpecAdjuster spec, ContainerRecord record) {
    for (LinuxDevice each : linux.getDevicesList()) {
      if (each.getPath().startsWith("-")) {
        spec.removeDevice(each.getPath().substring(1));
      } else {
        spec.device(device(each));
      }
    }
    for (LinuxNamespace each : linux.getNamespacesList()) {
      if (each.getType().startsWith("-")) {
        spec.namespace(each.getType().substring(1), null);
      } else {
        spec.namespace(each.getType(), each.getPath());
      }
    }
    if (linux.hasSeccompPolicy()) {
      spec.seccomp(seccomp(linux.getSeccompPolicy()));
    }
    return limits(linux, spec, record);
  }

  private static ContainerRecord limits(
      LinuxContainerAdjustment linux, SpecAdjuster spec, ContainerRecord record) {
    ContainerRecord.@Nullable Resources limits = record.resources();
    if (linux.hasResources()) {
      limits = ResourceRecords.updated(limits, ResourceMessages.toCri(linux.getResources(), WHO));
      LinuxContainerResources inForce = ResourceRecords.toCri(limits);
      ResourceRules.check(inForce);
      spec.limits(ResourceRules.toSpec(inForce, List.of()));
      for (LinuxDeviceCgroup each : linux.getResources().getDevicesList()) {
        spec.deviceRule(
            new Spec.DeviceRule(
                each.getAllow(),
                each.getType(),
                each.hasMajor() ? (Long) each.getMajor().getValue() : null,
                each.hasMinor() ? (Long) each.getMinor().getValue() : null,
                each.getAccess()));
      }
    }
    if (linux.hasOomScoreAdj()) {
      long score = linux.getOomScoreAdj().getValue();
      spec.oomScoreAdj(score);
      if (limits != null) {
        limits =
            ResourceRecords.of(
                ResourceRecords.toCri(limits).toBuilder().setOomScoreAdj(score).build());
      }
    }
    return limits == null ? record : record.withResources(limits);
  }

  private static Spec.Device device(LinuxDevice device) {
    return new Spec.Device(
        device.getPath(),
        device.getType(),
        device.getMajor(),
        device.getMinor(),
        device.hasFileMode() ? device.getFileMode().getValue() : DEFAULT_DEVICE_MODE,
        device.getUid().getValue(),
        device.getGid().getValue());
  }

  private static Spec.Seccomp seccomp(LinuxSeccomp policy) {
    if (!policy.getListenerPath().isEmpty() || !policy.getListenerMetadata().isEmpty()) {
      throw Unknown.refused("linux.seccomp_policy.listener_path", "policies");
    }
    return new Spec.Seccomp(
        policy.getDefaultAction(),
        policy.hasDefaultErrno() ? (Integer) policy.getDefaultErrno().getValue() : null,
        policy.getArchitecturesList(),
        policy.getFlagsList(),
        policy.getSyscallsList().stream().map(Adjustments::rule).toList());
  }

  private static Spec.SeccompRule rule(LinuxSyscall rule) {
    return new Spec.SeccompRule(
        rule.getNamesList(),
        rule.getAction(),
        rule.hasErrnoRet() ? (Integer) rule.getErrnoRet().getValue() : null,
        rule.getArgsList().stream().map(Adjustments::argument).toList());
  }

  private static Spec.SeccompArg argument(LinuxSeccompArg argument) {
    return new Spec.SeccompArg(
        argument.getIndex(),
        unsigned(argument.getValue()),
        unsigned(argument.getValueTwo()),
        argument.getOp());
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }
}
