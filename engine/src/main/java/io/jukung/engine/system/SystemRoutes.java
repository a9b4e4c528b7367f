package io.jukung.engine.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.cri.v1.CgroupDriver;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.daemon.NodeMemory;
import io.jukung.engine.daemon.Platform;
import io.jukung.engine.http.ApiVersion;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What the engine says of itself and of the node. */
public final class SystemRoutes {
  /** A builder of version 1 is the classic one: BuildKit is not served. */
  private static final Map<String, String> PING =
      Map.of(
          "Cache-Control",
          "no-cache, no-store, must-revalidate",
          "Pragma",
          "no-cache",
          "Builder-Version",
          "1",
          "Swarm",
          "inactive");

  private final Daemon daemon;
  private final Lookup lookup;

  public SystemRoutes(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  public void addTo(Router router) {
    router
        .get("/_ping", this::ping)
        .head("/_ping", this::ping)
        .get("/version", this::version)
        .get("/info", this::info);
  }

  private void ping(Exchange exchange) throws IOException {
    exchange.sendText(200, exchange.method().equals("HEAD") ? "" : "OK", PING);
  }

  private void version(Exchange exchange) throws IOException {
    String release = ApiVersion.engineVersion();
    String kernel = System.getProperty("os.version", "");
    ObjectNode json = Json.object();
    json.putObject("Platform").put("Name", "jukung");
    ObjectNode engine = json.putArray("Components").addObject();
    engine.put("Name", "Engine").put("Version", release);
    engine
        .putObject("Details")
        .put("ApiVersion", ApiVersion.NEWEST.toString())
        .put("MinAPIVersion", ApiVersion.OLDEST.toString())
        .put("Arch", Platform.architecture())
        .put("Os", "linux")
        .put("KernelVersion", kernel)
        .put("Experimental", "false");
    var daemonVersion = daemon.runtime().version(VersionRequest.getDefaultInstance());
    json.withArray("Components")
        .addObject()
        .put("Name", daemonVersion.getRuntimeName())
        .put("Version", daemonVersion.getRuntimeVersion());
    json.put("Version", release).put("ApiVersion", ApiVersion.NEWEST.toString());
    json.put("MinAPIVersion", ApiVersion.OLDEST.toString()).put("GitCommit", "");
    json.put("GoVersion", "").put("Os", "linux").put("Arch", Platform.architecture());
    json.put("KernelVersion", kernel).put("BuildTime", "");
    exchange.sendJson(200, json);
  }

  private void info(Exchange exchange) throws IOException {
    ObjectNode json = Json.object();
    List<Container> containers = lookup.containers();
    long paused =
        daemon
            .containers()
            .conditions(ConditionsRequest.getDefaultInstance())
            .getConditionsList()
            .stream()
            .filter(Condition::getPaused)
            .count();
    long running =
        containers.stream()
            .filter(each -> each.getState() == ContainerState.CONTAINER_RUNNING)
            .count();
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    json.put("ID", host).put("Containers", containers.size());
    json.put("ContainersRunning", running - paused).put("ContainersPaused", paused);
    json.put("ContainersStopped", containers.size() - running);
    json.put("Images", lookup.images().size()).put("Driver", "overlay2");
    json.putArray("DriverStatus");
    ObjectNode plugins = json.putObject("Plugins");
    plugins.putArray("Volume").add("local");
    ArrayNode networks = plugins.putArray("Network");
    List.of("bridge", "host", "ipvlan", "macvlan", "null").forEach(networks::add);
    plugins.putNull("Authorization");
    plugins.putArray("Log").add("json-file").add("local");
    for (String flag :
        List.of(
            "MemoryLimit",
            "SwapLimit",
            "CpuCfsPeriod",
            "CpuCfsQuota",
            "CPUShares",
            "CPUSet",
            "PidsLimit",
            "OomKillDisable",
            "Debug",
            "ExperimentalBuild",
            "LiveRestoreEnabled")) {
      boolean off = List.of("OomKillDisable", "Debug", "ExperimentalBuild").contains(flag);
      json.put(flag, !off);
    }
    json.put("IPv4Forwarding", forwardsIpv4());
    json.put("NFd", 0).put("NGoroutines", Thread.activeCount()).put("NEventsListener", 0);
    json.put("SystemTime", Instant.now().toString()).put("LoggingDriver", "json-file");
    json.put("CgroupDriver", cgroupDriver()).put("CgroupVersion", "2");
    json.put("KernelVersion", System.getProperty("os.version", ""));
    json.put("OperatingSystem", operatingSystem()).put("OSVersion", "").put("OSType", "linux");
    json.put("Architecture", Platform.architecture().equals("arm64") ? "aarch64" : "x86_64");
    json.put("NCPU", Runtime.getRuntime().availableProcessors())
        .put("MemTotal", NodeMemory.bytes());
    json.put("IndexServerAddress", "https://index.docker.io/v1/");
    ObjectNode registries = json.putObject("RegistryConfig");
    registries.putArray("InsecureRegistryCIDRs");
    registries.putObject("IndexConfigs");
    registries.putArray("Mirrors");
    json.putNull("GenericResources").put("DockerRootDir", root());
    json.put("HttpProxy", "").put("HttpsProxy", "").put("NoProxy", "").put("Name", host);
    json.putArray("Labels");
    json.put("ServerVersion", ApiVersion.engineVersion()).put("DefaultRuntime", "jukung");
    json.putObject("Runtimes").putObject("jukung").put("path", "jukung");
    json.set("Swarm", swarm());
    json.put("Isolation", "").put("InitBinary", "");
    json.putArray("SecurityOptions").add("name=seccomp,profile=builtin").add("name=cgroupns");
    json.putNull("Warnings");
    exchange.sendJson(200, json);
  }

  private String cgroupDriver() {
    var configuration = daemon.runtime().runtimeConfig(RuntimeConfigRequest.getDefaultInstance());
    return configuration.getLinux().getCgroupDriver() == CgroupDriver.SYSTEMD
        ? "systemd"
        : "cgroupfs";
  }

  /** The directory that has the daemon's images and containers. */
  private String root() {
    var status = daemon.runtime().status(StatusRequest.newBuilder().setVerbose(true).build());
    return Json.parse(status.getInfoOrDefault("config", "{}")).path("root").asText("");
  }

  private static boolean forwardsIpv4() throws IOException {
    return Files.readString(Path.of("/proc/sys/net/ipv4/ip_forward")).strip().equals("1");
  }

  private static JsonNode swarm() {
    ObjectNode swarm = Json.object().put("NodeID", "").put("NodeAddr", "");
    swarm.put("LocalNodeState", "inactive").put("ControlAvailable", false).put("Error", "");
    return swarm.putNull("RemoteManagers");
  }

  private static String operatingSystem() throws IOException {
    Path release = Path.of("/etc/os-release");
    if (Files.exists(release)) {
      for (String line : Files.readAllLines(release)) {
        if (line.startsWith("PRETTY_NAME=")) {
          return line.substring("PRETTY_NAME=".length()).replace("\"", "");
        }
      }
    }
    return "Linux";
  }
}
