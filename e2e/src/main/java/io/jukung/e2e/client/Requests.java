package io.jukung.e2e.client;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Makes requests like kubelet's, with only the fields set that a test needs. */
public final class Requests {
  private Requests() {}

  /**
   * The configuration of a pod.
   *
   * @param network POD for a network of its own, NODE for the host's
   * @param logs the pod's log directory
   */
  public static PodSandboxConfig.Builder pod(String name, NamespaceMode network, Path logs) {
    NamespaceOption namespaces =
        NamespaceOption.newBuilder()
            .setNetwork(network)
            .setPid(NamespaceMode.CONTAINER)
            .setIpc(NamespaceMode.POD)
            .build();
    PodSandboxConfig.Builder config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setName(name)
                    .setNamespace("default")
                    .setUid(UUID.randomUUID().toString()))
            .setLogDirectory(logs.toString())
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces)));
    if (network == NamespaceMode.POD) {
      config.setHostname(name);
    }
    return config;
  }

  /**
   * The configuration of a container in the pod's namespaces. The container's log is {@code <pod
   * log directory>/<name>.log}.
   */
  public static ContainerConfig.Builder container(
      PodSandboxConfig pod, String name, String image, List<String> command) {
    NamespaceOption namespaces = pod.getLinux().getSecurityContext().getNamespaceOptions();
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage(image))
        .addAllCommand(command)
        .setLogPath(name + ".log")
        .setLinux(
            LinuxContainerConfig.newBuilder()
                .setSecurityContext(
                    LinuxContainerSecurityContext.newBuilder().setNamespaceOptions(namespaces)));
  }

  public static ImageSpec image(String reference) {
    return ImageSpec.newBuilder().setImage(reference).build();
  }
}
