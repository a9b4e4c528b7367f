package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.HealthProbe;
import io.jukung.client.v1.PublishedPort;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.docker.DockerTime;
import io.jukung.cri.v1.Mount;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.Json;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Containers as docker's JSON: a line of the list, and everything about one. */
final class ContainerJson {
  private static final Pattern VOLUME = Pattern.compile(".*/volumes/[0-9a-f]{64}/data");

  private ContainerJson() {}

  /** A line of {@code GET /containers/json}. */
  static ObjectNode summary(ContainerFacts facts, Map<String, String> volumes, Clock clock) {
    ObjectNode json = Json.object();
    json.put("Id", facts.container().getId());
    json.putArray("Names").add("/" + Lookup.name(facts.container()));
    json.put("Image", image(facts));
    json.put("ImageID", facts.status().getImageId());
    json.put("Command", command(facts));
    json.put("Created", facts.status().getCreatedAt() / 1_000_000_000L);
    json.set("Ports", ports(facts));
    json.set("Labels", Json.texts(labels(facts)));
    json.put("State", facts.state());
    json.put("Status", status(facts, clock.instant()));
    json.putObject("HostConfig").put("NetworkMode", networkMode(facts));
    json.putObject("NetworkSettings").set("Networks", networks(facts));
    json.set("Mounts", mounts(facts, volumes));
    return json;
  }

  /** The answer of {@code GET /containers/ID/json}. */
  static ObjectNode inspect(ContainerFacts facts, Map<String, String> volumes) {
    JsonNode process = facts.process();
    List<String> words = new ArrayList<>();
    process.path("args").forEach(each -> words.add(each.asText()));
    ObjectNode json = Json.object();
    json.put("Id", facts.container().getId());
    json.put("Created", DockerTime.of(facts.status().getCreatedAt()));
    json.put("Path", words.isEmpty() ? "" : words.getFirst());
    json.set("Args", Json.texts(words.isEmpty() ? words : words.subList(1, words.size())));
    json.set("State", state(facts));
    json.put("Image", facts.status().getImageId());
    json.put("ResolvConfPath", mountSource(facts, "/etc/resolv.conf"));
    json.put("HostnamePath", mountSource(facts, "/etc/hostname"));
    json.put("HostsPath", mountSource(facts, "/etc/hosts"));
    json.put("LogPath", facts.status().getLogPath());
    json.put("Name", "/" + Lookup.name(facts.container()));
    json.put("RestartCount", facts.condition().getRestarts());
    json.put("Driver", "overlayfs");
    json.put("Platform", "linux");
    json.put("MountLabel", "");
    json.put("ProcessLabel", "");
    json.put("AppArmorProfile", process.path("apparmorProfile").asText(""));
    json.putNull("ExecIDs");
    json.set("HostConfig", hostConfig(facts));
    json.putObject("GraphDriver").put("Name", "overlayfs").putNull("Data");
    json.set("Mounts", mounts(facts, volumes));
    json.set("Config", config(facts));
    json.set("NetworkSettings", networkSettings(facts));
    return json;
  }

  private static String image(ContainerFacts facts) {
    String said = facts.status().getImage().getUserSpecifiedImage();
    return ImageNames.familiar(said.isEmpty() ? facts.status().getImage().getImage() : said);
  }

  private static String command(ContainerFacts facts) {
    List<String> words = new ArrayList<>();
    facts.process().path("args").forEach(each -> words.add(each.asText()));
    return String.join(" ", words);
  }

  /** The labels without those by which jukung and kubelet know their containers. */
  static Map<String, String> labels(ContainerFacts facts) {
    Map<String, String> labels = new LinkedHashMap<>(facts.container().getLabelsMap());
    if (Lookup.isOwn(facts.container())) {
      labels.remove(OwnContainers.LABEL);
      labels.remove(OwnContainers.POD_NAME);
      labels.remove(OwnContainers.POD_NAMESPACE);
    }
    return labels;
  }

  private static String status(ContainerFacts facts, Instant now) {
    return switch (facts.status().getState()) {
      case CONTAINER_CREATED -> "Created";
      case CONTAINER_RUNNING -> up(facts, now);
      case CONTAINER_EXITED ->
          "Exited ("
              + facts.status().getExitCode()
              + ") "
              + Times.human(since(facts.status().getFinishedAt(), now))
              + " ago";
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "Dead";
    };
  }

  private static String up(ContainerFacts facts, Instant now) {
    String up = "Up " + Times.human(since(facts.status().getStartedAt(), now));
    if (facts.condition().getPaused()) {
      return up + " (Paused)";
    }
    if (!facts.condition().hasHealth()) {
      return up;
    }
    String health = facts.condition().getHealth().getStatus();
    return up + " (" + (health.equals("starting") ? "health: starting" : health) + ")";
  }

  private static Duration since(long nanos, Instant now) {
    return Duration.between(Instant.ofEpochSecond(0, nanos), now);
  }

  private static ArrayNode ports(ContainerFacts facts) {
    ArrayNode ports = Json.array();
    for (PublishedPort each : facts.ports()) {
      ports
          .addObject()
          .put("IP", address(each))
          .put("PrivatePort", each.getContainerPort())
          .put("PublicPort", each.getHostPort())
          .put("Type", each.getProtocol());
    }
    return ports;
  }

  private static String address(PublishedPort port) {
    return port.getHostIp().isEmpty() ? "0.0.0.0" : port.getHostIp();
  }

  private static String networkMode(ContainerFacts facts) {
    String asked = facts.docker().hostConfig().path("NetworkMode").asText("");
    if (!asked.isEmpty() && !asked.equals("default")) {
      return asked;
    }
    return facts.hasHostNetwork() ? "host" : "bridge";
  }

  private static ObjectNode networks(ContainerFacts facts) {
    ObjectNode networks = Json.object();
    ObjectNode endpoint = networks.putObject(facts.hasHostNetwork() ? "host" : "bridge");
    String ip = facts.isRunning() ? facts.pod().getNetwork().getIp() : "";
    boolean six = ip.contains(":");
    endpoint.putNull("IPAMConfig").putNull("Links").putNull("Aliases").put("MacAddress", "");
    endpoint.putNull("DriverOpts").put("GwPriority", 0);
    endpoint.put("NetworkID", facts.hasHostNetwork() ? "host" : "bridge");
    endpoint.put("EndpointID", facts.isRunning() ? facts.container().getPodSandboxId() : "");
    endpoint.put("Gateway", "").put("IPAddress", six ? "" : ip).put("IPPrefixLen", 0);
    endpoint.put("IPv6Gateway", "").put("GlobalIPv6Address", six ? ip : "");
    endpoint.put("GlobalIPv6PrefixLen", 0).putNull("DNSNames");
    return networks;
  }

  private static ObjectNode networkSettings(ContainerFacts facts) {
    ObjectNode settings = Json.object();
    String namespace = "";
    for (JsonNode each : facts.details().path("runtimeSpec").path("linux").path("namespaces")) {
      if (each.path("type").asText().equals("network")) {
        namespace = each.path("path").asText("");
      }
    }
    ObjectNode networks = networks(facts);
    settings.put("Bridge", "").put("SandboxID", facts.container().getPodSandboxId());
    settings.put("SandboxKey", namespace);
    ObjectNode ports = settings.putObject("Ports");
    facts.docker().config().path("ExposedPorts").fieldNames().forEachRemaining(ports::putNull);
    for (PublishedPort each : facts.ports()) {
      ports
          .withArrayProperty(each.getContainerPort() + "/" + each.getProtocol())
          .addObject()
          .put("HostIp", address(each))
          .put("HostPort", Integer.toString(each.getHostPort()));
    }
    settings.put("HairpinMode", false).put("LinkLocalIPv6Address", "");
    settings.put("LinkLocalIPv6PrefixLen", 0);
    settings.putNull("SecondaryIPAddresses").putNull("SecondaryIPv6Addresses");
    JsonNode first = networks.iterator().next();
    for (String field :
        List.of(
            "EndpointID",
            "Gateway",
            "GlobalIPv6Address",
            "GlobalIPv6PrefixLen",
            "IPAddress",
            "IPPrefixLen",
            "IPv6Gateway",
            "MacAddress")) {
      settings.set(field, first.path(field));
    }
    settings.set("Networks", networks);
    return settings;
  }

  private static ArrayNode mounts(ContainerFacts facts, Map<String, String> volumes) {
    ArrayNode mounts = Json.array();
    for (Mount each : facts.status().getMountsList()) {
      ObjectNode mount = mounts.addObject();
      Matcher matcher = VOLUME.matcher(each.getHostPath());
      String volume = volumes.getOrDefault(each.getHostPath(), "");
      boolean isVolume = !volume.isEmpty() || matcher.matches();
      mount.put("Type", isVolume ? "volume" : "bind");
      if (isVolume) {
        mount.put("Name", volume);
      }
      mount.put("Source", each.getHostPath()).put("Destination", each.getContainerPath());
      if (isVolume) {
        mount.put("Driver", "local");
      }
      mount.put("Mode", each.getReadonly() ? "ro" : "").put("RW", !each.getReadonly());
      mount.put("Propagation", isVolume ? "" : propagation(each));
    }
    return mounts;
  }

  private static String propagation(Mount mount) {
    return switch (mount.getPropagation()) {
      case PROPAGATION_PRIVATE, UNRECOGNIZED -> "rprivate";
      case PROPAGATION_HOST_TO_CONTAINER -> "rslave";
      case PROPAGATION_BIDIRECTIONAL -> "rshared";
    };
  }

  private static String mountSource(ContainerFacts facts, String target) {
    for (JsonNode each : facts.details().path("runtimeSpec").path("mounts")) {
      if (each.path("destination").asText().equals(target)) {
        return each.path("source").asText("");
      }
    }
    return "";
  }

  private static ObjectNode state(ContainerFacts facts) {
    ObjectNode state = Json.object();
    boolean failed = facts.status().getReason().equals("StartError");
    state.put("Status", facts.state()).put("Running", facts.isRunning());
    state.put("Paused", facts.condition().getPaused()).put("Restarting", false);
    state.put("OOMKilled", facts.status().getReason().equals("OOMKilled"));
    state.put("Dead", facts.state().equals("dead"));
    state.put("Pid", facts.isRunning() ? facts.details().path("pid").asInt() : 0);
    state.put("ExitCode", facts.status().getExitCode());
    state.put("Error", failed ? facts.status().getMessage() : "");
    state.put("StartedAt", DockerTime.of(facts.status().getStartedAt()));
    state.put("FinishedAt", DockerTime.of(facts.status().getFinishedAt()));
    if (facts.condition().hasHealth()) {
      state.set("Health", health(facts));
    }
    return state;
  }

  private static ObjectNode health(ContainerFacts facts) {
    var health = facts.condition().getHealth();
    ObjectNode json = Json.object();
    json.put("Status", health.getStatus()).put("FailingStreak", health.getFailingStreak());
    ArrayNode log = json.putArray("Log");
    for (HealthProbe each : health.getLogList()) {
      log.addObject()
          .put("Start", DockerTime.of(each.getStart()))
          .put("End", DockerTime.of(each.getEnd()))
          .put("ExitCode", each.getExitCode())
          .put("Output", each.getOutput());
    }
    return json;
  }

  private static ObjectNode hostConfig(ContainerFacts facts) {
    ObjectNode host =
        facts.docker().hostConfig() instanceof ObjectNode asked ? asked.deepCopy() : Json.object();
    host.put("NetworkMode", networkMode(facts));
    if (!host.path("RestartPolicy").isObject()) {
      host.putObject("RestartPolicy").put("Name", "no").put("MaximumRetryCount", 0);
    }
    if (!host.path("LogConfig").isObject()
        || host.path("LogConfig").path("Type").asText("").isEmpty()) {
      host.withObject("/LogConfig").put("Type", "json-file").withObject("/Config");
    }
    if (!host.path("PortBindings").isObject()) {
      host.putObject("PortBindings");
    }
    return host;
  }

  private static ObjectNode config(ContainerFacts facts) {
    ObjectNode config =
        facts.docker().config() instanceof ObjectNode asked ? asked.deepCopy() : foreign(facts);
    JsonNode process = facts.process();
    config.put("Hostname", hostname(config, process));
    config.put("Domainname", "").put("Image", image(facts));
    config.put("Tty", facts.details().path("record").path("tty").asBoolean());
    config.put("OpenStdin", facts.details().path("record").path("stdin").asBoolean());
    config.put("StdinOnce", facts.details().path("record").path("stdinOnce").asBoolean());
    config.set("Env", process.path("env"));
    config.set("Labels", Json.texts(labels(facts)));
    if (config.path("WorkingDir").asText("").isEmpty()) {
      config.put("WorkingDir", process.path("cwd").asText(""));
    }
    return config;
  }

  private static String hostname(ObjectNode config, JsonNode process) {
    String asked = config.path("Hostname").asText("");
    if (!asked.isEmpty()) {
      return asked;
    }
    for (JsonNode each : process.path("env")) {
      if (each.asText().startsWith("HOSTNAME=")) {
        return each.asText().substring("HOSTNAME=".length());
      }
    }
    return "";
  }

  /** The configuration of a container that the engine has not made. */
  private static ObjectNode foreign(ContainerFacts facts) {
    ObjectNode config = Json.object();
    JsonNode user = facts.process().path("user");
    long uid = user.path("uid").asLong();
    long gid = user.path("gid").asLong();
    config.put("User", uid == 0 && gid == 0 ? "" : uid + ":" + gid);
    config.put("AttachStdin", false).put("AttachStdout", false).put("AttachStderr", false);
    config.set("Cmd", facts.process().path("args"));
    config.putNull("Entrypoint").putNull("Volumes").putNull("OnBuild");
    return config;
  }
}
