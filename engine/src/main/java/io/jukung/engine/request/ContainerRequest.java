package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.Signal;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.linux.process.Signals;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What the body of a {@code POST /containers/create} means in the CRI: a pod, its container, and
 * what is mounted. Making it finds every error in the request.
 */
public final class ContainerRequest {
  private final PodPlace place;
  private final OtherContainers others;
  private final String imageName;
  private final String user;
  private final Fields config;
  private final Fields host;
  private final ObjectNode merged;
  private final List<Binding> bindings;
  private final List<OtherContainers.Taken> taken;
  private final JsonNode hostConfig;
  private final NetworkRequest networks;

  /**
   * @param body the request's
   * @param image the configuration of the image, in docker's words
   */
  public ContainerRequest(PodPlace place, JsonNode body, ObjectNode image, OtherContainers others) {
    this.place = place;
    this.others = others;
    this.merged = merge(body, image);
    this.hostConfig = body.path("HostConfig").isObject() ? body.path("HostConfig") : Json.object();
    this.imageName = body.path("Image").asText("");
    // The daemon knows the image's user, and the names of groups that may be in it.
    this.user = new Fields("Config", body).text("User");
    this.config =
        new Fields("Config", merged)
            .without("AttachStdin", "AttachStdout", "AttachStderr", "ArgsEscaped", "OnBuild")
            .without("Image", "ExposedPorts", "Shell", "User");
    this.host =
        new Fields("HostConfig", hostConfig)
            .without("ContainerIDFile", "ConsoleSize", "AutoRemove");
    this.networks = new NetworkRequest(host, body.path("NetworkingConfig"));
    List<Binding> asked = asked();
    Set<Path> targets = targets(asked);
    this.taken = others.mounts(host.texts("VolumesFrom"), targets);
    taken.forEach(each -> targets.add(Path.of(each.mount().getContainerPath()).normalize()));
    this.bindings = withAnonymous(asked, targets);
  }

  /** The request with what the image says where the request says nothing. */
  private static ObjectNode merge(JsonNode body, ObjectNode image) {
    ObjectNode merged = ((ObjectNode) body).deepCopy();
    merged.remove(List.of("HostConfig", "NetworkingConfig"));
    boolean ownEntrypoint = hasWords(merged.path("Entrypoint"));
    if (!hasWords(merged.path("Cmd")) && !ownEntrypoint) {
      merged.set("Cmd", image.path("Cmd"));
    }
    if (!ownEntrypoint) {
      merged.set("Entrypoint", image.path("Entrypoint"));
    }
    for (String field : List.of("User", "WorkingDir", "StopSignal")) {
      if (merged.path(field).asText("").isEmpty() && image.has(field)) {
        merged.set(field, image.path(field));
      }
    }
    for (String field : List.of("Labels", "ExposedPorts", "Volumes")) {
      ObjectNode both = Json.object();
      image.path(field).properties().forEach(each -> both.set(each.getKey(), each.getValue()));
      merged.path(field).properties().forEach(each -> both.set(each.getKey(), each.getValue()));
      merged.set(field, both);
    }
    if (!hasWords(merged.path("Shell")) && image.has("Shell")) {
      merged.set("Shell", image.path("Shell"));
    }
    mergeHealthCheck(merged, image.path("Healthcheck"));
    return merged;
  }

  /** As docker: each field of the image's check that the request does not have. */
  private static void mergeHealthCheck(ObjectNode merged, JsonNode ofImage) {
    if (!(ofImage instanceof ObjectNode check)) {
      return;
    }
    ObjectNode both = check.deepCopy();
    merged.path("Healthcheck").properties().stream()
        .filter(each -> Fields.isSet(each.getValue()))
        .forEach(each -> both.set(each.getKey(), each.getValue()));
    merged.set("Healthcheck", both);
  }

  /** Whether there is a list of words, or the one text that docker takes for a list of one. */
  private static boolean hasWords(JsonNode words) {
    return words.isTextual() ? !words.asText().isEmpty() : !words.isEmpty();
  }

  private List<Binding> asked() {
    List<Binding> all = new ArrayList<>();
    host.texts("Binds").forEach(text -> all.add(Binding.ofBind(text)));
    host.get("Mounts").forEach(each -> all.add(Binding.ofMount(each)));
    host.map("Tmpfs").forEach((target, options) -> all.add(Binding.ofTmpfs(target, options)));
    return all;
  }

  private static Set<Path> targets(List<Binding> bindings) {
    Set<Path> targets = new HashSet<>();
    for (Binding each : bindings) {
      if (!targets.add(Path.of(each.target()).normalize())) {
        throw HttpError.badRequest("Duplicate mount point: " + each.target());
      }
    }
    return targets;
  }

  /** Adds anonymous volumes where the configuration wants some and nothing else is mounted. */
  private List<Binding> withAnonymous(List<Binding> asked, Set<Path> targets) {
    List<Binding> all = new ArrayList<>(asked);
    for (String target : config.map("Volumes").keySet()) {
      if (targets.add(Path.of(target).normalize())) {
        all.add(Binding.anonymous(target));
      }
    }
    return List.copyOf(all);
  }

  public List<Binding> bindings() {
    return bindings;
  }

  /** The seccomp profile, which the daemon reads from a file; empty if the request has none. */
  public Optional<String> seccompProfile() {
    return HostSecurity.seccompProfile(host);
  }

  /**
   * The pod of the container.
   *
   * @param networkIds gives a network's ID for what the request calls it
   * @throws HttpError 404 if there is no such network
   */
  public PodSandboxConfig pod(UnaryOperator<String> networkIds) {
    boolean hostNetwork = networks.isHost();
    String name = place.name();
    var pod =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setName(name)
                    .setUid(place.uid())
                    .setNamespace(OwnContainers.NAMESPACE))
            .setLogDirectory(place.logDirectory().toString())
            .putLabels(OwnContainers.LABEL, name)
            .setLinux(
                LinuxPodSandboxConfig.newBuilder()
                    .setSecurityContext(
                        LinuxSandboxSecurityContext.newBuilder()
                            .setNamespaceOptions(HostSecurity.namespacesOfPod(host, hostNetwork))
                            .setPrivileged(host.flag("Privileged")))
                    .setCgroupParent(host.text("CgroupParent"))
                    .putAllSysctls(host.map("Sysctls")));
    PodOptions.dns(host).ifPresent(pod::setDnsConfig);
    networks.macOfBridge().ifPresent(mac -> pod.putAnnotations(OwnContainers.MAC, mac));
    PodOptions.own(host, networks.options(networkIds), hostNetwork)
        .ifPresent(json -> pod.putAnnotations(OwnContainers.OPTIONS, json));
    String hostname = config.text("Hostname");
    if (networks.isShared() && !hostname.isEmpty()) {
      throw HttpError.badRequest("conflicting options: hostname and the network mode");
    }
    if (!hostNetwork) {
      pod.setHostname(hostname.isEmpty() ? OwnContainers.hostname(name) : hostname);
      pod.addAllPortMappings(ports());
    } else if (!hostname.isEmpty()) {
      throw HttpError.badRequest("conflicting options: hostname and the network mode");
    }
    return pod.build();
  }

  private List<io.jukung.cri.v1.PortMapping> ports() {
    PortBindings ports = new PortBindings();
    ports.add(host.get("PortBindings"));
    if (host.flag("PublishAllPorts")) {
      merged.path("ExposedPorts").fieldNames().forEachRemaining(ports::publish);
    }
    return ports.mappings();
  }

  /**
   * The container without its volumes, whose directories are known when they are made.
   *
   * @throws HttpError 404 if there is no such container as the request names
   */
  public ContainerConfig.Builder container(String imageId) {
    List<String> entrypoint = config.texts("Entrypoint");
    List<String> command = config.texts("Cmd");
    boolean cleared = entrypoint.equals(List.of(""));
    if ((cleared || entrypoint.isEmpty()) && command.isEmpty()) {
      throw HttpError.badRequest("no command specified");
    }
    boolean stdin = config.flag("OpenStdin");
    String name = place.name();
    var container =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(name))
            .setImage(ImageSpec.newBuilder().setImage(imageId).setUserSpecifiedImage(imageName))
            .addAllCommand(cleared || entrypoint.isEmpty() ? command : entrypoint)
            .addAllArgs(cleared || entrypoint.isEmpty() ? List.of() : command)
            .setWorkingDir(config.text("WorkingDir"))
            .putAllLabels(config.map("Labels"))
            .putLabels(OwnContainers.LABEL, name)
            .putLabels(OwnContainers.POD_NAME, name)
            .putLabels(OwnContainers.POD_NAMESPACE, OwnContainers.NAMESPACE)
            .setLogPath(String.valueOf(place.logFile().getFileName()))
            .setStdin(stdin)
            .setStdinOnce(config.flag("StdinOnce") && stdin)
            .setTty(config.flag("Tty"))
            .addAllDevices(HostResources.devices(host))
            .addAllCDIDevices(DeviceRequests.of(host))
            .setLinux(
                LinuxContainerConfig.newBuilder()
                    .setResources(HostResources.ofContainer(host))
                    .setSecurityContext(security()));
    for (String variable : config.texts("Env")) {
      addVariable(container, variable);
    }
    addMounts(container);
    String stopSignal = config.text("StopSignal");
    if (!stopSignal.isEmpty()) {
      container.setStopSignal(signal(stopSignal));
    }
    String restart = PodOptions.restart(host);
    if (!restart.isEmpty()) {
      container.putAnnotations(OwnContainers.RESTART, restart);
    }
    container.putAllAnnotations(annotations());
    container.putAllAnnotations(PodOptions.logLimits(host));
    ownOptions(container);
    container.putAnnotations(
        DockerRecord.ANNOTATION, new DockerRecord(merged, hostConfig).toJson());
    requireAllKnown();
    return container;
  }

  private LinuxContainerSecurityContext security() {
    LinuxContainerSecurityContext.Builder security =
        HostSecurity.of(host, networks.isHost(), user, place.seccompFile());
    String pidOf = others.id(host.text("PidMode"));
    if (!pidOf.isEmpty()) {
      security.getNamespaceOptionsBuilder().setPid(NamespaceMode.TARGET).setTargetId(pidOf);
    }
    return security.build();
  }

  private void addMounts(ContainerConfig.Builder container) {
    taken.forEach(each -> container.addMounts(each.mount()));
    for (Binding each : bindings) {
      if (each.kind() == Binding.Kind.BIND) {
        container.addMounts(
            Mount.newBuilder()
                .setHostPath(each.source())
                .setContainerPath(each.target())
                .setReadonly(each.readonly())
                .setRecursiveReadOnly(each.recursiveReadonly())
                .setSelinuxRelabel(each.relabel())
                .setPropagation(each.propagation()));
      }
    }
  }

  private Map<String, String> annotations() {
    Map<String, String> annotations = host.map("Annotations");
    for (String key : annotations.keySet()) {
      if (key.isEmpty() || key.startsWith(OwnContainers.ANNOTATIONS)) {
        throw HttpError.badRequest("invalid HostConfig.Annotations: \"" + key + "\" is reserved");
      }
    }
    return annotations;
  }

  private static void addVariable(ContainerConfig.Builder container, String variable) {
    int equals = variable.indexOf('=');
    if (equals == 0) {
      throw HttpError.badRequest("invalid environment variable: " + variable);
    }
    if (equals > 0) {
      container.addEnvs(
          KeyValue.newBuilder()
              .setKey(variable.substring(0, equals))
              .setValue(ByteString.copyFromUtf8(variable.substring(equals + 1))));
    }
  }

  /** What the CRI has no fields for. */
  private void ownOptions(ContainerConfig.Builder container) {
    ObjectNode json = Json.object();
    for (OtherContainers.Taken each : taken) {
      String target = each.mount().getContainerPath();
      json.withArray("withoutCopy").add(target);
      addPart(json, target, each.part());
    }
    for (Binding each : bindings) {
      if (each.kind() == Binding.Kind.VOLUME) {
        addPart(json, each.target(), each.part());
      }
      if (each.kind() == Binding.Kind.TMPFS) {
        ArrayNode words =
            json.withArray("tmpfs").addObject().put("path", each.target()).putArray("options");
        each.tmpfs().forEach(words::add);
      } else if (each.kind() == Binding.Kind.VOLUME && !each.copy()) {
        json.withArray("withoutCopy").add(each.target());
      }
    }
    ArrayNode ulimits = Json.array();
    HostResources.ulimits(host, ulimits);
    if (!ulimits.isEmpty()) {
      json.set("ulimits", ulimits);
    }
    if (host.flag("Init")) {
      json.put("init", true);
    }
    String networkOf = others.id(host.text("NetworkMode"));
    if (!networkOf.isEmpty()) {
      json.put("networkOf", networkOf);
    }
    String ipcOf = others.id(host.text("IpcMode"));
    if (!ipcOf.isEmpty()) {
      json.put("ipcOf", ipcOf);
    }
    HostResources.writableLayer(host).ifPresent(size -> json.put("writableLayerBytes", size));
    HealthCheck.of(config).ifPresent(check -> json.set("health", check));
    JsonNode stopTimeout = config.get("StopTimeout");
    if (stopTimeout.isNumber()) {
      json.put("stopTimeoutSeconds", stopTimeout.asLong());
    }
    if (!json.isEmpty()) {
      container.putAnnotations(OwnContainers.OPTIONS, json.toString());
    }
  }

  private static void addPart(ObjectNode json, String target, String part) {
    if (!part.isEmpty()) {
      json.withArray("parts").addObject().put("target", target).put("path", part);
    }
  }

  private static Signal signal(String text) {
    try {
      String known = Signals.name(Signals.parse(text)).replace("+", "PLUS").replace("-", "MINUS");
      return Signal.valueOf(known);
    } catch (IllegalArgumentException e) {
      throw HttpError.badRequest("Invalid signal: " + text);
    }
  }

  private void requireAllKnown() {
    config.requireNoOther();
    host.requireNoOther();
  }
}
