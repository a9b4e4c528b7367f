package io.jukung.runtime.pod;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.WindowsPodSandboxConfig;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.Sysctl;
import io.jukung.runtime.call.RequestText;
import io.jukung.runtime.container.SecurityFields;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.spec.UserNamespaceOption;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads a RunPodSandboxRequest. A field that is set and not implemented is refused by its name.
 *
 * <p>A sandbox of jukung has no process of its own, so what CRI says of the sandbox's process
 * (user, groups, root file system, profiles) has nothing to apply to and is accepted; containers
 * bring their own. Overhead and resources are information where kubelet sets the pod's cgroup
 * itself; a cgroup of our own gets the resources.
 */
public final class SandboxRequest {
  private static final int MAX_PORT = 65535;

  private SandboxRequest() {}

  static SandboxName name(RunPodSandboxRequest request) {
    PodSandboxMetadata metadata = request.getConfig().getMetadata();
    if (!request.hasConfig() || !request.getConfig().hasMetadata()) {
      throw CriException.invalidArgument("RunPodSandbox: config.metadata is missing");
    }
    if (metadata.getName().isEmpty()) {
      throw CriException.invalidArgument("RunPodSandbox: config.metadata.name is empty");
    }
    return new SandboxName(
        metadata.getName(),
        metadata.getUid(),
        metadata.getNamespace(),
        Integer.toUnsignedLong(metadata.getAttempt()));
  }

  /**
   * Reads the request.
   *
   * @return the record of the sandbox that is to be made; without ids if {@link
   *     PodUsers#areToBeChosen}
   */
  public static SandboxRecord record(
      String id, long createdAt, RunPodSandboxRequest request, UnaryOperator<String> cgroupParent) {
    SandboxConfig config = config(request.getConfig(), cgroupParent);
    return new SandboxRecord(
        SandboxRecord.VERSION,
        id,
        name(request),
        SandboxRecord.State.CREATING,
        createdAt,
        request.getRuntimeHandler(),
        config,
        !config.isHostNetwork(), // from the start: a failed ADD may already hold an address
        List.of(),
        0,
        limits(request.getConfig().getLinux()));
  }

  private static @Nullable PodLimits limits(LinuxPodSandboxConfig linux) {
    if (!linux.hasOverhead() && !linux.hasResources()) {
      return null;
    }
    ResourceRules.check(linux.getOverhead());
    ResourceRules.check(linux.getResources());
    return ResourceRecords.updated(null, linux.getOverhead(), linux.getResources());
  }

  private static SandboxConfig config(PodSandboxConfig config, UnaryOperator<String> cgroupParent) {
    if (!config.getWindows().equals(WindowsPodSandboxConfig.getDefaultInstance())) {
      throw CriException.unimplementedField("config.windows");
    }
    LinuxPodSandboxConfig linux = config.getLinux();
    LinuxSandboxSecurityContext security = linux.getSecurityContext();
    LabelRules.checkSelinux(
        "config.linux.security_context.selinux_options", security.getSelinuxOptions());
    NamespaceOption namespaces = security.getNamespaceOptions();
    boolean ownUsers = PodUsers.areToBeChosen(config);
    if (!namespaces.getTargetId().isEmpty()) {
      throw CriException.invalidArgument(
          "RunPodSandbox: namespace_options.target_id is for containers");
    }
    SandboxConfig result =
        new SandboxConfig(
            RequestText.hostname("RunPodSandbox: config.hostname", config.getHostname()),
            logDirectory(config.getLogDirectory()),
            dns(config),
            config.getPortMappingsList().stream().map(SandboxRequest::portMapping).toList(),
            config.getLabelsMap(),
            config.getAnnotationsMap(),
            cgroupParent.apply(linux.getCgroupParent()),
            linux.getSysctlsMap(),
            mode("network", namespaces.getNetwork(), NETWORK_AND_IPC),
            mode("pid", namespaces.getPid(), PID),
            mode("ipc", namespaces.getIpc(), NETWORK_AND_IPC),
            security.getPrivileged(),
            ownUsers ? null : user(namespaces).orElse(null));
    refuseContradictions(result, ownUsers || result.user() != null);
    return result;
  }

  /** Absent options and the mode NODE both mean the user namespace of the host. */
  private static Optional<IdMappings> user(NamespaceOption namespaces) {
    return namespaces.hasUsernsOptions()
        ? UserNamespaceOption.parse(
            "config.linux.security_context.namespace_options.", namespaces.getUsernsOptions())
        : Optional.empty();
  }

  private static void refuseContradictions(SandboxConfig config, boolean hasUsers) {
    if (hasUsers && config.pid() == NamespaceOwner.NODE) {
      throw CriException.invalidArgument(
          "RunPodSandbox: a pod with a user namespace cannot use the host's pid namespace, whose"
              + " /proc it could not mount");
    }
    for (Sysctl sysctl : PodSysctls.requested(config)) {
      boolean hosts =
          sysctl.namespace() == Namespace.NETWORK ? config.isHostNetwork() : config.isHostIpc();
      if (hosts) {
        throw CriException.invalidArgument(
            "RunPodSandbox: sysctl "
                + sysctl.name()
                + " would change the host, whose "
                + sysctl.namespace().procName()
                + " namespace the pod uses");
      }
    }
  }

  private static String logDirectory(String directory) {
    RequestText.path("RunPodSandbox: config.log_directory", directory);
    if (!directory.isEmpty() && !Path.of(directory).isAbsolute()) {
      throw CriException.invalidArgument(
          "RunPodSandbox: config.log_directory \"" + directory + "\" is not absolute");
    }
    return directory;
  }

  private static @Nullable Dns dns(PodSandboxConfig config) {
    if (!config.hasDnsConfig()) {
      return null;
    }
    return new Dns(
        config.getDnsConfig().getServersList(),
        config.getDnsConfig().getSearchesList(),
        config.getDnsConfig().getOptionsList());
  }

  private static SandboxRecord.PortMapping portMapping(PortMapping mapping) {
    checkPort("container_port", mapping.getContainerPort());
    checkPort("host_port", mapping.getHostPort());
    return new SandboxRecord.PortMapping(
        switch (mapping.getProtocol()) {
          case TCP, UDP, SCTP -> mapping.getProtocol().name().toLowerCase(Locale.ROOT);
          case UNRECOGNIZED ->
              throw CriException.invalidArgument(
                  "RunPodSandbox: config.port_mappings.protocol "
                      + mapping.getProtocolValue()
                      + " is unknown");
        },
        mapping.getContainerPort(),
        mapping.getHostPort(),
        mapping.getHostIp());
  }

  private static void checkPort(String field, int port) {
    if (port < 0 || port > MAX_PORT) {
      throw CriException.invalidArgument(
          "RunPodSandbox: config.port_mappings." + field + " " + port + " is not a port number");
    }
  }

  private static final Set<NamespaceOwner> NETWORK_AND_IPC =
      Set.of(NamespaceOwner.POD, NamespaceOwner.NODE);
  private static final Set<NamespaceOwner> PID =
      Set.of(NamespaceOwner.POD, NamespaceOwner.CONTAINER, NamespaceOwner.NODE);

  private static NamespaceOwner mode(
      String kind, NamespaceMode requested, Set<NamespaceOwner> allowed) {
    NamespaceOwner mode = SecurityFields.mode(kind, requested);
    if (!allowed.contains(mode)) {
      throw CriException.invalidArgument(
          "RunPodSandbox: namespace_options." + kind + " cannot be " + requested);
    }
    return mode;
  }
}
