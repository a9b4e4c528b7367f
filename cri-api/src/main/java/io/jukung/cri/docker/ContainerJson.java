package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.Health;
import io.jukung.client.v1.HealthProbe;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import java.util.Optional;
import java.util.Set;

/**
 * A container as {@code docker inspect} prints it: the answer of docker's {@code GET
 * /containers/{id}/json}. What jukung does not have is there with docker's value for "none".
 */
public final class ContainerJson {
  /** Members that docker leaves out of some containers. */
  public static final Set<String> OPTIONAL =
      Set.of(
          "Health",
          "Name",
          "Driver",
          "Healthcheck",
          "StopSignal",
          "StopTimeout",
          "Init",
          "Sysctls",
          "Tmpfs",
          "Mounts",
          "Annotations",
          "SizeRw",
          "SizeRootFs",
          "ExposedPorts");

  /** Members whose own members have names of the user's choice. */
  public static final Set<String> MAPS =
      Set.of(
          "Labels",
          "Ports",
          "Networks",
          "ExposedPorts",
          "Volumes",
          "PortBindings",
          "Sysctls",
          "Tmpfs",
          "Options");

  /** Members that are lists, which are null in JSON if they have nothing. */
  public static final Set<String> LISTS =
      Set.of(
          "Aliases",
          "Args",
          "Binds",
          "BlkioDeviceReadBps",
          "BlkioDeviceReadIOps",
          "BlkioDeviceWriteBps",
          "BlkioDeviceWriteIOps",
          "BlkioWeightDevice",
          "CapAdd",
          "CapDrop",
          "Cmd",
          "DNSNames",
          "DeviceCgroupRules",
          "DeviceRequests",
          "Devices",
          "Dns",
          "DnsOptions",
          "DnsSearch",
          "Entrypoint",
          "Env",
          "ExecIDs",
          "ExtraHosts",
          "GroupAdd",
          "Links",
          "MaskedPaths",
          "Mounts",
          "OnBuild",
          "ReadonlyPaths",
          "SecondaryIPAddresses",
          "SecondaryIPv6Addresses",
          "SecurityOpt",
          "Shell",
          "Ulimits",
          "VolumesFrom");

  /** The reason that CRI gives for a container that was killed because it was out of memory. */
  private static final String OUT_OF_MEMORY = "OOMKilled";

  private ContainerJson() {}

  /** Makes the JSON. */
  public static ObjectNode of(ContainerFacts facts) {
    ContainerStatus status = facts.status();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Id", status.getId());
    json.put("Created", DockerTime.of(status.getCreatedAt()));
    CommandWords words = CommandWords.of(facts.spec(), facts.image());
    json.put("Path", words.path());
    ArrayNode arguments = json.putArray("Args");
    words.arguments().forEach(arguments::add);
    json.set("State", state(facts));
    json.put("Image", status.getImageId());
    json.put("ResolvConfPath", source(facts, "/etc/resolv.conf"));
    json.put("HostnamePath", source(facts, "/etc/hostname"));
    json.put("HostsPath", source(facts, "/etc/hosts"));
    json.put("LogPath", status.getLogPath());
    json.put("Name", "/" + status.getMetadata().getName());
    json.put("RestartCount", facts.condition().getRestarts());
    json.put("Driver", "overlay2");
    json.put("Platform", "linux");
    json.put("MountLabel", facts.spec().path("linux").path("mountLabel").asText());
    json.put("ProcessLabel", facts.spec().path("process").path("selinuxLabel").asText());
    json.put("AppArmorProfile", facts.spec().path("process").path("apparmorProfile").asText());
    json.putNull("ExecIDs");
    json.set("HostConfig", HostConfigJson.of(facts));
    json.set("GraphDriver", graphDriver(facts));
    json.set("Mounts", mounts(facts));
    json.set("Config", ConfigJson.of(facts, words));
    json.set("NetworkSettings", NetworkSettingsJson.of(facts));
    return json;
  }

  private static ObjectNode state(ContainerFacts facts) {
    ContainerStatus status = facts.status();
    Condition condition = facts.condition();
    boolean running = status.getState() == ContainerState.CONTAINER_RUNNING;
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Status", word(status.getState(), condition));
    // Docker counts a container that is about to be started again among those that run.
    json.put("Running", running || condition.getRestarting());
    json.put("Paused", condition.getPaused());
    json.put("Restarting", condition.getRestarting());
    json.put("OOMKilled", status.getReason().equals(OUT_OF_MEMORY));
    json.put("Dead", status.getState() == ContainerState.CONTAINER_UNKNOWN);
    json.put("Pid", running ? facts.pid() : 0);
    json.put("ExitCode", status.getExitCode());
    json.put("Error", status.getReason().equals(OUT_OF_MEMORY) ? "" : status.getMessage());
    json.put("StartedAt", DockerTime.of(status.getStartedAt()));
    json.put("FinishedAt", DockerTime.of(status.getFinishedAt()));
    if (condition.hasHealth()) {
      json.set("Health", health(condition.getHealth()));
    }
    return json;
  }

  /** Returns docker's word for the state of a container in a condition. */
  public static String word(ContainerState state, Condition condition) {
    boolean restarting = condition.getRestarting() && state != ContainerState.CONTAINER_RUNNING;
    return restarting ? "restarting" : word(state, condition.getPaused());
  }

  /** Returns docker's word for a state. */
  public static String word(ContainerState state, boolean paused) {
    return switch (state) {
      case CONTAINER_CREATED -> "created";
      case CONTAINER_RUNNING -> paused ? "paused" : "running";
      case CONTAINER_EXITED -> "exited";
      case CONTAINER_UNKNOWN, UNRECOGNIZED -> "dead";
    };
  }

  private static ObjectNode health(Health health) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Status", health.getStatus());
    json.put("FailingStreak", health.getFailingStreak());
    ArrayNode log = json.putArray("Log");
    for (HealthProbe probe : health.getLogList()) {
      log.addObject()
          .put("Start", DockerTime.of(probe.getStart()))
          .put("End", DockerTime.of(probe.getEnd()))
          .put("ExitCode", probe.getExitCode())
          .put("Output", probe.getOutput());
    }
    return json;
  }

  /** The file of the host that is mounted there; empty if none is. */
  private static String source(ContainerFacts facts, String target) {
    for (JsonNode mount : facts.spec().path("mounts")) {
      if (mount.path("destination").asText().equals(target)) {
        return mount.path("source").asText();
      }
    }
    return "";
  }

  private static ObjectNode graphDriver(ContainerFacts facts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode data = json.putObject("Data");
    StringBuilder lower = new StringBuilder();
    facts
        .record()
        .path("lowerDirectories")
        .forEach(each -> lower.append(lower.isEmpty() ? "" : ":").append(each.asText()));
    data.put("LowerDir", lower.toString());
    json.put("Name", "overlay2");
    return json;
  }

  private static ArrayNode mounts(ContainerFacts facts) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (Mount mount : facts.status().getMountsList()) {
      all.add(mount(facts, mount));
    }
    for (JsonNode tmpfs : facts.options().path("tmpfs")) {
      all.addObject()
          .put("Type", "tmpfs")
          .put("Source", "")
          .put("Destination", tmpfs.path("path").asText())
          .put("Mode", "")
          .put("RW", tmpfs.path("options").valueStream().noneMatch(w -> w.asText().equals("ro")))
          .put("Propagation", "");
    }
    return all;
  }

  private static ObjectNode mount(ContainerFacts facts, Mount mount) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    Optional<Volume> volume = volume(facts, mount);
    json.put("Type", mount.hasImage() ? "image" : volume.isPresent() ? "volume" : "bind");
    volume.ifPresent(each -> json.put("Name", each.getName()));
    json.put("Source", mount.hasImage() ? mount.getImage().getImage() : mount.getHostPath());
    json.put("Destination", mount.getContainerPath());
    volume.ifPresent(each -> json.put("Driver", each.getDriver()));
    json.put("Mode", mount.getReadonly() ? "ro" : "");
    json.put("RW", !mount.getReadonly() && !mount.hasImage());
    json.put("Propagation", volume.isPresent() ? "" : propagation(mount.getPropagation()));
    return json;
  }

  /** The volume that is mounted, as a whole or a directory of it. */
  static Optional<Volume> volume(ContainerFacts facts, Mount mount) {
    String path = mount.getHostPath();
    return facts.volumes().stream()
        .filter(
            each ->
                path.equals(each.getMountpoint()) || path.startsWith(each.getMountpoint() + "/"))
        .findFirst();
  }

  private static String propagation(MountPropagation propagation) {
    return switch (propagation) {
      case PROPAGATION_PRIVATE, UNRECOGNIZED -> "rprivate";
      case PROPAGATION_HOST_TO_CONTAINER -> "rslave";
      case PROPAGATION_BIDIRECTIONAL -> "rshared";
    };
  }
}
