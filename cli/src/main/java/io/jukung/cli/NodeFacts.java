package io.jukung.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.Connection;
import io.jukung.cli.container.Conditions;
import io.jukung.cli.text.Json;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.VersionRequest;
import java.util.List;

/** What {@code docker info} says of a node, as far as jukung has it, in docker's words. */
final class NodeFacts {
  private NodeFacts() {}

  /** Returns the name that Go and the OCI have for the architecture of this machine. */
  static String architecture() {
    String name = System.getProperty("os.arch", "");
    return name.equals("aarch64") ? "arm64" : name;
  }

  static ObjectNode json(Connection connection) {
    List<Container> containers =
        connection
            .runtime()
            .listContainers(ListContainersRequest.getDefaultInstance())
            .getContainersList();
    long running = count(containers, ContainerState.CONTAINER_RUNNING);
    long paused = Conditions.paused(connection);
    var version = connection.runtime().version(VersionRequest.getDefaultInstance());
    var status = connection.runtime().status(StatusRequest.newBuilder().setVerbose(true).build());
    JsonNode configuration = Json.parse(status.getInfoMap().getOrDefault("config", "{}"));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("Containers", containers.size());
    json.put("ContainersRunning", running - paused);
    json.put("ContainersPaused", paused);
    json.put("ContainersStopped", containers.size() - running);
    json.put(
        "Images",
        connection.images().listImages(ListImagesRequest.getDefaultInstance()).getImagesCount());
    json.put("Driver", "overlay2");
    json.put("LoggingDriver", "k8s-file");
    json.put("CgroupVersion", "2");
    json.put("KernelVersion", System.getProperty("os.version", ""));
    json.put("OSType", "linux");
    json.put("Architecture", architecture());
    json.put("NCPU", Runtime.getRuntime().availableProcessors());
    json.put("DockerRootDir", configuration.path("root").asText());
    json.put("ServerVersion", version.getRuntimeVersion());
    json.put("DefaultRuntime", version.getRuntimeName());
    return json;
  }

  private static long count(List<Container> containers, ContainerState state) {
    return containers.stream().filter(each -> each.getState() == state).count();
  }
}
