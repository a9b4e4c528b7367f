package io.jukung.runtime.build;

import com.google.common.util.concurrent.Uninterruptibles;
import com.google.protobuf.ByteString;
import io.jukung.cri.client.KubeletPaths;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.image.build.CommandRunner.Command;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.life.ContainerStarter;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.service.CreateContainer;
import io.jukung.runtime.service.RemovePodSandbox;
import io.jukung.runtime.service.RunPodSandbox;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods in which the commands of builds run: pods as those of {@code jukung run}, with a label
 * by which a later daemon knows what a killed one has left. Thread-safe.
 */
public final class BuildPods {
  private static final Logger LOG = LoggerFactory.getLogger(BuildPods.class);

  private static final String CONTAINER = "step";
  private static final String LOG_FILE = "step.log";

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final Calls calls;
  private final CompletableFuture<Boolean> leftRemoved = new CompletableFuture<>();

  /** The calls by which pods are made and removed. */
  public record Calls(
      RunPodSandbox run,
      CreateContainer create,
      ContainerStarter starter,
      ContainerRemover remover,
      RemovePodSandbox remove) {}

  public BuildPods(SandboxStore sandboxes, ContainerStore containers, Calls calls) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.calls = calls;
  }

  /**
   * Makes a pod.
   *
   * @param network that of the pod or of the node
   * @param directory where the logs of its containers go
   * @return the configuration, by which containers are made in it
   */
  Pod run(NamespaceMode network, Path directory) throws IOException, InterruptedException {
    String uid = UUID.randomUUID().toString();
    String name = "build-" + uid.substring(0, 8);
    var config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder().setName(name).setUid(uid).setNamespace("default"))
            .setLogDirectory(directory.toString())
            .putLabels(OwnContainers.BUILD_LABEL, name)
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder()
                            .setNamespaceOptions(namespaces(network))));
    if (network == NamespaceMode.POD) {
      config.setHostname("build");
    }
    String id =
        calls
            .run
            .call(RunPodSandboxRequest.newBuilder().setConfig(config).build())
            .getPodSandboxId();
    return new Pod(id, network, config.build(), directory);
  }

  /** A pod that waits for commands. */
  record Pod(String id, NamespaceMode network, PodSandboxConfig config, Path directory) {
    /** Where the output of its containers goes. There is one container at a time. */
    Path log() {
      return directory.resolve(LOG_FILE);
    }
  }

  private static NamespaceOption namespaces(NamespaceMode network) {
    return NamespaceOption.newBuilder()
        .setNetwork(network)
        .setPid(NamespaceMode.CONTAINER)
        .setIpc(NamespaceMode.POD)
        .build();
  }

  /** Makes a container for a command. */
  Container create(Pod pod, Command command, List<Mount> mounts)
      throws IOException, InterruptedException {
    var security =
        LinuxContainerSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces(pod.network))
            .setRunAsUsername(command.user())
            .setCapabilities(Capability.getDefaultInstance())
            .addAllMaskedPaths(KubeletPaths.MASKED)
            .addAllReadonlyPaths(KubeletPaths.READONLY)
            .setSeccomp(SecurityProfile.newBuilder().setProfileType(ProfileType.RuntimeDefault));
    var config =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(CONTAINER))
            .setImage(ImageSpec.newBuilder().setImage(command.imageId()))
            .addAllCommand(command.arguments())
            .setWorkingDir(command.directory())
            .putLabels(OwnContainers.BUILD_LABEL, pod.config.getMetadata().getName())
            .setLogPath(LOG_FILE)
            .addAllMounts(mounts)
            .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security));
    command
        .environment()
        .forEach(
            (name, value) ->
                config.addEnvs(
                    KeyValue.newBuilder().setKey(name).setValue(ByteString.copyFromUtf8(value))));
    String id =
        calls
            .create
            .call(
                CreateContainerRequest.newBuilder()
                    .setPodSandboxId(pod.id)
                    .setConfig(config)
                    .setSandboxConfig(pod.config)
                    .build())
            .getContainerId();
    return containers.get(id);
  }

  void start(Container container) throws IOException, InterruptedException {
    calls.starter.start(container);
  }

  /** Kills the container's processes and removes it. */
  void remove(Container container) throws IOException, InterruptedException {
    calls.remover.remove(container);
  }

  /** Removes the pod with its containers. */
  void remove(Pod pod) throws IOException, InterruptedException {
    remove(pod.id);
  }

  private void remove(String id) throws IOException, InterruptedException {
    var _ = calls.remove.call(RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  /**
   * Removes the pods of an earlier daemon, whose builds nobody waits for. To be called when the
   * pods are taken up and before the first build.
   */
  public void removeLeft() {
    List<Thread> removals = new ArrayList<>();
    for (Sandbox sandbox : sandboxes.all()) {
      if (OwnContainers.isOfBuild(sandbox.record())) {
        LOG.info("pod {} is left of a build of an earlier daemon, and is removed", sandbox.id());
        removals.add(
            Thread.ofVirtual().name("build-leftover").start(() -> removeLeft(sandbox.id())));
      }
    }
    Thread.ofVirtual()
        .name("build-leftovers")
        .start(
            () -> {
              removals.forEach(Uninterruptibles::joinUninterruptibly);
              leftRemoved.complete(true);
            });
  }

  /** Has something done when {@link #removeLeft} has tried to remove all pods. */
  public void whenLeftRemoved(Runnable work) {
    var _ = leftRemoved.thenRun(work);
  }

  private void removeLeft(String id) {
    try {
      remove(id);
    } catch (IOException | RuntimeException e) {
      LOG.warn("pod {} of an earlier build cannot be removed: {}", id, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
