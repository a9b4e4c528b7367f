package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.google.protobuf.ByteString;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.VariableOptions;
import io.jukung.cri.client.KubeletPaths;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the CRI configurations of one {@code jukung run}: a pod and its single container.
 *
 * @param uid the pod's UID, which no other pod has
 * @param environment the user's variables and working directory
 * @param mounts what is mounted, in the order of the options
 */
record RunRequest(
    RunOptions options,
    String name,
    String uid,
    CliEnvironment environment,
    List<MountArgument> mounts) {
  /** Reads the mounts of the options, which finds the errors in them. */
  static RunRequest of(RunOptions options, String name, String uid, CliEnvironment environment) {
    options.node.check(NetworkArguments.isHost(options));
    List<MountArgument> mounts = new ArrayList<>();
    options.volumes.forEach(text -> mounts.add(MountArgument.ofVolume(text)));
    options.mounts.forEach(text -> mounts.add(MountArgument.ofMount(text)));
    options.tmpfs.forEach(text -> mounts.add(MountArgument.ofTmpfs(text)));
    Set<Path> targets = new HashSet<>();
    for (MountArgument each : mounts) {
      if (!targets.add(Path.of(each.target()).normalize())) {
        throw CliException.usage("there are two mounts on " + each.target());
      }
    }
    return new RunRequest(options, name, uid, environment, List.copyOf(mounts));
  }

  private static final String UNCONFINED = "unconfined";

  /** The type of processes that SELinux does not confine, in the policy of container-selinux. */
  private static final String UNCONFINED_TYPE = "spc_t";

  private static final Pattern USER = Pattern.compile("([^:]+)(?::(\\d+))?");

  PodSandboxConfig sandbox() {
    var security =
        LinuxSandboxSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces())
            .setPrivileged(options.privileged);
    if (options.node.ownsUsers()) {
      // The daemon chooses the ids, and containers have those of their pod.
      security.getNamespaceOptionsBuilder().getUsernsOptionsBuilder().setMode(NamespaceMode.POD);
    }
    var config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setName(name)
                    .setUid(uid)
                    .setNamespace(OwnContainers.NAMESPACE))
            .setLogDirectory(logDirectory().toString())
            .putLabels(OwnContainers.LABEL, name)
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(security)
                    .setCgroupParent(Objects.requireNonNullElse(options.node.cgroupParent, ""))
                    .putAllSysctls(ExtraOptions.sysctls(options)));
    ExtraOptions.dns(options).ifPresent(config::setDnsConfig);
    OwnOptions.ofPod(options).ifPresent(json -> config.putAnnotations(OwnOptions.ANNOTATION, json));
    NetworkArguments.macOfBridge(options)
        .ifPresent(mac -> config.putAnnotations(OwnContainers.MAC, mac));
    if (!NetworkArguments.isHost(options)) {
      config.setHostname(
          options.hostname == null ? OwnContainers.hostname(name) : options.hostname);
    } else if (options.hostname != null) {
      throw CliException.usage("--hostname does not go with --network host");
    } else if (!options.publish.isEmpty() || options.publishAll) {
      throw CliException.usage("--publish does not go with --network host");
    }
    options.publish.forEach(
        text -> config.addAllPortMappings(PortArguments.parse(text, config.getPortMappingsList())));
    return config.build();
  }

  /** Returns the configuration without the image's ID, which is known only after a pull. */
  ContainerConfig.Builder container() {
    var config =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(name))
            .setImage(ImageSpec.newBuilder().setUserSpecifiedImage(options.image))
            .addAllArgs(options.command)
            .putAllLabels(labels())
            .putLabels(OwnContainers.LABEL, name)
            .putLabels(OwnContainers.POD_NAME, name)
            .putLabels(OwnContainers.POD_NAMESPACE, OwnContainers.NAMESPACE)
            .setLogPath(name + ".log")
            .setStdin(options.interactive)
            // Users may attach to a container in the background more than once.
            .setStdinOnce(options.interactive && !options.detach)
            .setTty(options.tty)
            .setLinux(
                LinuxContainerConfig.newBuilder()
                    .setResources(resources())
                    .setSecurityContext(security()));
    if (options.entrypoint != null) {
      config.addCommand(options.entrypoint);
    }
    if (options.workingDirectory != null) {
      config.setWorkingDir(options.workingDirectory);
    }
    for (String variable :
        VariableOptions.of(options.environmentFiles, options.environment, environment)) {
      String[] parts = variable.split("=", 2);
      config.addEnvs(
          KeyValue.newBuilder().setKey(parts[0]).setValue(ByteString.copyFromUtf8(parts[1])));
    }
    for (String device : options.devices) {
      if (NodeOptions.isCdi(device)) {
        config.addCDIDevices(NodeOptions.cdi(device));
      } else {
        config.addDevices(ExtraOptions.device(device));
      }
    }
    config.addAllCDIDevices(options.node.gpuDevices());
    if (options.restart != null) {
      config.putAnnotations(OwnContainers.RESTART, ExtraOptions.restart(options));
    }
    config.putAllAnnotations(ExtraOptions.logLimits(options));
    if (options.stopSignal != null) {
      config.setStopSignal(ExtraOptions.signal(options.stopSignal));
    }
    OwnOptions.ofContainer(options, mounts, MissingNode.getInstance())
        .ifPresent(json -> config.putAnnotations(OwnOptions.ANNOTATION, json));
    mounts.stream()
        .filter(each -> each.kind() == MountArgument.Kind.BIND)
        .forEach(each -> config.addMounts(bind(each)));
    return config;
  }

  /** Adds what depends on the image, whose configuration is known only after a pull. */
  void addFromImage(
      PodSandboxConfig.Builder pod, ContainerConfig.Builder container, JsonNode image) {
    OwnOptions.ofContainer(options, mounts, image)
        .ifPresent(json -> container.putAnnotations(OwnOptions.ANNOTATION, json));
    if (options.publishAll) {
      pod.addAllPortMappings(PortArguments.ofImage(image, pod.getPortMappingsList()));
    }
  }

  /** Returns the directory of the pod's logs. */
  Path logDirectory() {
    return environment.caller().directory().resolve(options.logDirectory).resolve(name + "_" + uid);
  }

  Path logFile() {
    return logDirectory().resolve(name + ".log");
  }

  private NamespaceOption namespaces() {
    return NamespaceOption.newBuilder()
        .setNetwork(NetworkArguments.isHost(options) ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(options.node.pidMode())
        .setIpc(options.node.ipcMode())
        .build();
  }

  private LinuxContainerSecurityContext security() {
    var security =
        LinuxContainerSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces())
            .setPrivileged(options.privileged)
            .setReadonlyRootfs(options.readOnly);
    if (!options.privileged) {
      security
          .addAllMaskedPaths(KubeletPaths.MASKED)
          .addAllReadonlyPaths(KubeletPaths.READONLY)
          .setSeccomp(profile(ProfileType.RuntimeDefault));
    }
    security.addAllSupplementalGroups(options.groups);
    options.securityOptions.forEach(text -> addSecurityOption(security, text));
    if (!options.capAdd.isEmpty() || !options.capDrop.isEmpty()) {
      security.setCapabilities(
          Capability.newBuilder()
              .addAllAddCapabilities(options.capAdd)
              .addAllDropCapabilities(options.capDrop));
    }
    if (options.user != null) {
      setUser(security, options.user);
    }
    return security.build();
  }

  private void addSecurityOption(LinuxContainerSecurityContext.Builder security, String text) {
    // Docker takes a colon instead of the equals sign, too.
    String[] parts = text.split("[=:]", 2);
    String value = parts.length == 2 ? parts[1] : "";
    switch (parts[0]) {
      case "no-new-privileges" -> {
        if (!value.isEmpty() && !value.equals("true") && !value.equals("false")) {
          throw notASecurityOption(text);
        }
        security.setNoNewPrivs(!value.equals("false"));
      }
      case "seccomp" -> security.setSeccomp(seccomp(text, value));
      case "apparmor" -> security.setApparmor(apparmor(text, value));
      case "systempaths" -> {
        if (!value.equals(UNCONFINED)) {
          throw notASecurityOption(text);
        }
        security.clearMaskedPaths().clearReadonlyPaths();
      }
      case "label" -> addLabel(security.getSelinuxOptionsBuilder(), value, text);
      default -> throw notASecurityOption(text);
    }
  }

  /** A part of the SELinux label. A node without SELinux ignores it, as docker does. */
  private static void addLabel(SELinuxOption.Builder label, String part, String text) {
    String[] pair = part.split(":", 2);
    String value = pair.length == 2 ? pair[1] : "";
    if (value.isEmpty() != pair[0].equals("disable")) {
      throw notASecurityOption(text);
    }
    switch (pair[0]) {
      case "disable" -> label.setType(UNCONFINED_TYPE);
      case "user" -> label.setUser(value);
      case "role" -> label.setRole(value);
      case "type" -> label.setType(value);
      case "level" -> label.setLevel(value);
      default -> throw notASecurityOption(text);
    }
  }

  private SecurityProfile seccomp(String text, String value) {
    if (value.isEmpty()) {
      throw notASecurityOption(text);
    }
    if (value.equals(UNCONFINED)) {
      return profile(ProfileType.Unconfined);
    }
    Path file = environment.absolute(Path.of(value));
    return profile(ProfileType.Localhost).toBuilder().setLocalhostRef(file.toString()).build();
  }

  private static SecurityProfile apparmor(String text, String value) {
    if (value.isEmpty()) {
      throw notASecurityOption(text);
    }
    return value.equals(UNCONFINED)
        ? profile(ProfileType.Unconfined)
        : profile(ProfileType.Localhost).toBuilder().setLocalhostRef(value).build();
  }

  private static CliException notASecurityOption(String text) {
    return CliException.usage(
        "not a security option: \""
            + text
            + "\" (write no-new-privileges, seccomp=unconfined, seccomp=FILE,"
            + " apparmor=unconfined, apparmor=PROFILE, systempaths=unconfined, label=disable or"
            + " label=user|role|type|level:WORD)");
  }

  private static SecurityProfile profile(ProfileType type) {
    return SecurityProfile.newBuilder().setProfileType(type).build();
  }

  private static void setUser(LinuxContainerSecurityContext.Builder security, String text) {
    Matcher matcher = USER.matcher(text);
    if (!matcher.matches()) {
      throw CliException.usage(
          "not a user: \""
              + text
              + "\" (write UID, NAME, UID:GID or NAME:GID; a group is a number)");
    }
    String user = matcher.group(1);
    if (user.matches("\\d+")) {
      security.setRunAsUser(number(user));
    } else {
      security.setRunAsUsername(user);
    }
    if (matcher.group(2) != null) {
      security.setRunAsGroup(number(matcher.group(2)));
    }
  }

  private static Int64Value number(String digits) {
    try {
      return Int64Value.newBuilder().setValue(Long.parseLong(digits)).build();
    } catch (NumberFormatException e) {
      throw CliException.usage("number out of range: " + digits);
    }
  }

  private LinuxContainerResources resources() {
    var resources = options.limits.resources();
    if (options.node.oomScore != null) {
      resources.setOomScoreAdj(options.node.oomScore);
    }
    return resources.build();
  }

  private Map<String, String> labels() {
    var labels = new LinkedHashMap<String, String>();
    for (String text : options.labels) {
      int equals = text.indexOf('=');
      labels.put(
          equals < 0 ? text : text.substring(0, equals),
          equals < 0 ? "" : text.substring(equals + 1));
    }
    return labels;
  }

  private Mount bind(MountArgument mount) {
    Path source = environment.absolute(Path.of(mount.source()));
    if (mount.mustExist() && Files.notExists(source)) {
      throw CliException.usage("--mount: the source " + source + " does not exist");
    }
    return Mount.newBuilder()
        .setHostPath(source.toString())
        .setContainerPath(mount.target())
        .setReadonly(mount.readonly())
        .setPropagation(mount.propagation())
        .build();
  }
}
