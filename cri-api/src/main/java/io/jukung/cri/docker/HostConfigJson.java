package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.Mount;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The member HostConfig of a container: what depends on the host, such as limits and mounts. */
final class HostConfigJson {
  private static final long NANO_CPUS = 1_000_000_000L;

  /** The capabilities of a container that asks for nothing else: docker's, and jukung's. */
  private static final Set<String> DEFAULT_CAPABILITIES =
      Set.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  private static final long DEFAULT_SHM_BYTES = 64 << 20;

  private HostConfigJson() {}

  static ObjectNode of(ContainerFacts facts) {
    JsonNode pod = facts.podRecord().path("config");
    JsonNode options = facts.options();
    JsonNode podOptions = facts.options(facts.pod().getAnnotationsMap());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("Binds", binds(facts));
    json.put("ContainerIDFile", "");
    json.set("LogConfig", logConfig(facts.status().getAnnotationsMap()));
    json.put("NetworkMode", facts.network());
    ObjectNode bindings = json.putObject("PortBindings");
    NetworkSettingsJson.bindings(facts.ports(), bindings);
    json.set("RestartPolicy", restartPolicy(facts.status().getAnnotationsMap()));
    json.put("AutoRemove", false);
    json.put("VolumeDriver", "");
    json.putNull("VolumesFrom");
    json.putArray("ConsoleSize").add(0).add(0);
    putCapabilities(json, facts);
    json.put("CgroupnsMode", "private");
    putTexts(json, "Dns", pod.path("dns").path("servers"));
    putTexts(json, "DnsOptions", pod.path("dns").path("options"));
    putTexts(json, "DnsSearch", pod.path("dns").path("searches"));
    ArrayNode hosts = JsonNodeFactory.instance.arrayNode();
    for (JsonNode host : podOptions.path("hosts")) {
      hosts.add(host.path("name").asText() + ":" + host.path("address").asText());
    }
    putTexts(json, "ExtraHosts", hosts);
    putTexts(json, "GroupAdd", facts.record().path("user").path("supplementalGroups"));
    String ipcOf = options.path("ipcOf").asText();
    String ipc = pod.path("ipc").asText().equals("NODE") ? "host" : "private";
    json.put("IpcMode", ipcOf.isEmpty() ? ipc : "container:" + ipcOf);
    json.put("Cgroup", "");
    json.putNull("Links");
    json.put("OomScoreAdj", facts.spec().path("process").path("oomScoreAdj").asInt());
    json.put("PidMode", pidMode(facts.record()));
    json.put("Privileged", pod.path("privileged").asBoolean());
    json.put("PublishAllPorts", false);
    json.put("ReadonlyRootfs", facts.spec().path("root").path("readonly").asBoolean());
    putTexts(json, "SecurityOpt", securityOptions(facts));
    putMap(json, "Sysctls", pod.path("sysctls"));
    ObjectNode tmpfs = JsonNodeFactory.instance.objectNode();
    for (JsonNode each : options.path("tmpfs")) {
      tmpfs.put(each.path("path").asText(), join(each.path("options")));
    }
    putMap(json, "Tmpfs", tmpfs);
    json.put("UTSMode", facts.isOnHostNetwork() ? "host" : "");
    json.put("UsernsMode", pod.path("user").isObject() ? "private" : "");
    long shm = podOptions.path("shmBytes").asLong();
    json.put("ShmSize", shm == 0 ? DEFAULT_SHM_BYTES : shm);
    json.put("Runtime", "jukung");
    json.put("Isolation", "");
    putResources(json, facts);
    json.set("MaskedPaths", list(facts.spec().path("linux").path("maskedPaths")));
    json.set("ReadonlyPaths", list(facts.spec().path("linux").path("readonlyPaths")));
    return json;
  }

  private static String pidMode(JsonNode record) {
    return switch (record.path("pidMode").asText()) {
      case "NODE" -> "host";
      case "TARGET" -> "container:" + record.path("pidTarget").asText();
      default -> "";
    };
  }

  /** The mounts as {@code -v} names them. */
  private static ArrayNode binds(ContainerFacts facts) {
    ArrayNode binds = JsonNodeFactory.instance.arrayNode();
    for (Mount mount : facts.status().getMountsList()) {
      Optional<Volume> volume = ContainerJson.volume(facts, mount);
      if (mount.hasImage() || volume.filter(Volume::getAnonymous).isPresent()) {
        continue;
      }
      String source = volume.map(Volume::getName).orElse(mount.getHostPath());
      binds.add(source + ":" + mount.getContainerPath() + (mount.getReadonly() ? ":ro" : ""));
    }
    return binds;
  }

  /** The log is in the format of kubelet's logs, for which podman has this name. */
  private static ObjectNode logConfig(Map<String, String> annotations) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Type", "k8s-file");
    ObjectNode config = json.putObject("Config");
    putIfThere(config, "max-size", annotations.get("io.jukung.log-max-size"));
    putIfThere(config, "max-file", annotations.get("io.jukung.log-max-file"));
    return json;
  }

  private static void putIfThere(ObjectNode json, String name, @Nullable String value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  private static ObjectNode restartPolicy(Map<String, String> annotations) {
    String[] parts = annotations.getOrDefault("io.jukung.restart", "no").split(":", 2);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Name", parts[0]);
    json.put("MaximumRetryCount", parts.length == 2 ? Integer.parseInt(parts[1]) : 0);
    return json;
  }

  /** CRI does not keep the capabilities that were asked for: these are the differences. */
  private static void putCapabilities(ObjectNode json, ContainerFacts facts) {
    JsonNode bounding = facts.spec().path("process").path("capabilities").path("bounding");
    Set<String> has = new TreeSet<>();
    bounding.forEach(each -> has.add(each.asText()));
    Set<String> added = new TreeSet<>(has);
    added.removeAll(DEFAULT_CAPABILITIES);
    Set<String> dropped = new TreeSet<>(DEFAULT_CAPABILITIES);
    dropped.removeAll(has);
    boolean privileged = facts.podRecord().path("config").path("privileged").asBoolean();
    boolean unknown = !facts.spec().isObject() || privileged;
    putTexts(json, "CapAdd", unknown ? Set.<String>of() : added);
    putTexts(json, "CapDrop", unknown ? Set.<String>of() : dropped);
  }

  private static ArrayNode securityOptions(ContainerFacts facts) {
    ArrayNode options = JsonNodeFactory.instance.arrayNode();
    JsonNode spec = facts.spec();
    if (spec.path("process").path("noNewPrivileges").asBoolean()) {
      options.add("no-new-privileges");
    }
    if (spec.isObject() && !spec.path("linux").path("seccomp").isObject()) {
      options.add("seccomp=unconfined");
    }
    return options;
  }

  private static void putResources(ObjectNode json, ContainerFacts facts) {
    LinuxContainerResources limits = facts.status().getResources().getLinux();
    long period = limits.getCpuPeriod();
    long quota = limits.getCpuQuota();
    json.put("CpuShares", limits.getCpuShares());
    json.put("Memory", limits.getMemoryLimitInBytes());
    // With docker's --cpus both quota and period are zero in its JSON.
    boolean wholeNumber = period == 100_000 && quota > 0;
    json.put("NanoCpus", wholeNumber ? quota * (NANO_CPUS / period) : 0);
    json.put("CgroupParent", facts.podRecord().path("config").path("cgroupParent").asText());
    json.put("BlkioWeight", 0);
    json.putArray("BlkioWeightDevice");
    json.putArray("BlkioDeviceReadBps");
    json.putArray("BlkioDeviceWriteBps");
    json.putArray("BlkioDeviceReadIOps");
    json.putArray("BlkioDeviceWriteIOps");
    json.put("CpuPeriod", wholeNumber ? 0 : period);
    json.put("CpuQuota", wholeNumber ? 0 : quota);
    json.put("CpuRealtimePeriod", 0);
    json.put("CpuRealtimeRuntime", 0);
    json.put("CpusetCpus", limits.getCpusetCpus());
    json.put("CpusetMems", limits.getCpusetMems());
    json.putArray("Devices");
    json.putNull("DeviceCgroupRules");
    json.putNull("DeviceRequests");
    json.put("MemoryReservation", number(limits.getUnifiedMap().get("memory.low")));
    json.put("MemorySwap", limits.getMemorySwapLimitInBytes());
    json.putNull("MemorySwappiness");
    json.putNull("OomKillDisable");
    long pids = number(limits.getUnifiedMap().get("pids.max"));
    if (pids == 0) {
      json.putNull("PidsLimit");
    } else {
      json.put("PidsLimit", pids);
    }
    ArrayNode ulimits = json.putArray("Ulimits");
    for (JsonNode each : facts.options().path("ulimits")) {
      ulimits
          .addObject()
          .put("Name", each.path("name").asText())
          .put("Hard", each.path("hard").asLong())
          .put("Soft", each.path("soft").asLong());
    }
    json.put("CpuCount", 0);
    json.put("CpuPercent", 0);
    json.put("IOMaximumIOps", 0);
    json.put("IOMaximumBandwidth", 0);
    if (facts.options().path("init").asBoolean()) {
      json.put("Init", true);
    }
  }

  /** Returns the number of a control file; 0 if there is none or no limit. */
  private static long number(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  private static String join(JsonNode words) {
    return String.join(",", words.valueStream().map(JsonNode::asText).toList());
  }

  private static ArrayNode list(JsonNode words) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    words.forEach(each -> list.add(each.asText()));
    return list;
  }

  private static void putTexts(ObjectNode json, String name, JsonNode words) {
    putTexts(json, name, words.valueStream().map(JsonNode::asText).toList());
  }

  private static void putTexts(ObjectNode json, String name, Iterable<String> words) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    words.forEach(list::add);
    if (list.isEmpty()) {
      json.putNull(name);
    } else {
      json.set(name, list);
    }
  }

  private static void putMap(ObjectNode json, String name, JsonNode map) {
    if (!map.isEmpty()) {
      json.set(name, map);
    }
  }
}
