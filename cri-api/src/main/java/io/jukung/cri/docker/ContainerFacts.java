package io.jukung.cri.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworkEndpoint;
import io.jukung.client.v1.PortsRequest;
import io.jukung.client.v1.PublishedPort;
import io.jukung.client.v1.Volume;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * All that the daemon says of one container.
 *
 * @param record the record of the container, as the daemon has it on its disk; empty for a runtime
 *     that is not jukung
 * @param spec the OCI specification of the container
 * @param pid the first process of the container on the host; 0 if it does not run
 * @param cgroup the path of the container's cgroup
 * @param pod the status of the pod
 * @param podRecord the record of the pod
 * @param condition what CRI has no words for; the default instance if it is not known
 * @param image the configuration of the image, as the image has it
 * @param volumes the volumes of the node
 * @param networks the networks of jukung's own that the container is in
 */
public record ContainerFacts(
    ContainerStatus status,
    JsonNode record,
    JsonNode spec,
    long pid,
    String cgroup,
    PodSandboxStatus pod,
    JsonNode podRecord,
    Condition condition,
    List<PublishedPort> ports,
    JsonNode image,
    List<Volume> volumes,
    List<Network> networks) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Asks the daemon.
   *
   * @param deadline of each call
   * @throws StatusRuntimeException NOT_FOUND if there is no such container, or another one if the
   *     daemon does not answer
   */
  public static ContainerFacts ask(Channel daemon, String id, Duration deadline) {
    return ask(daemon, id, deadline, NodeFacts.ask(daemon, deadline));
  }

  /** As {@link #ask(Channel, String, Duration)}, with what all containers have in common. */
  public static ContainerFacts ask(Channel daemon, String id, Duration deadline, NodeFacts node) {
    long millis = deadline.toMillis();
    var runtime =
        RuntimeServiceGrpc.newBlockingStub(daemon).withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    JsonNode details = node.details().get(id);
    ContainerStatusResponse answer =
        runtime.containerStatus(
            ContainerStatusRequest.newBuilder()
                .setContainerId(id)
                .setVerbose(details == null)
                .build());
    ContainerStatus status = answer.getStatus();
    JsonNode info = details != null ? details : details(answer);
    node.details().putIfAbsent(id, info);
    PodSandboxStatusResponse pod =
        orElse(
            PodSandboxStatusResponse.getDefaultInstance(),
            () ->
                runtime.podSandboxStatus(
                    PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(info.path("sandboxID").asText())
                        .setVerbose(true)
                        .build()));
    var own =
        ContainersGrpc.newBlockingStub(daemon).withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    Condition known = node.conditions().get(id);
    List<Condition> conditions =
        known != null
            ? List.of(known)
            : orElse(
                List.of(),
                () ->
                    own.conditions(ConditionsRequest.newBuilder().setContainerId(id).build())
                        .getConditionsList());
    List<PublishedPort> ports =
        orElse(
            List.of(),
            () -> own.ports(PortsRequest.newBuilder().setContainerId(id).build()).getPortsList());
    JsonNode podRecord = info(pod.getInfoMap()).path("record");
    return new ContainerFacts(
        status,
        info.path("record"),
        info.path("runtimeSpec"),
        info.path("pid").asLong(),
        info.path("cgroup").asText(),
        pod.getStatus(),
        podRecord,
        conditions.isEmpty() ? Condition.getDefaultInstance() : conditions.getFirst(),
        ports,
        node.images()
            .computeIfAbsent(status.getImageId(), imageId -> imageConfig(daemon, imageId, millis)),
        node.volumes(),
        inOrder(node.networks(), memberships(podRecord), status.getId()));
  }

  /** The daemon's own details, without the launch program, which is long and is not needed here. */
  private static JsonNode details(ContainerStatusResponse answer) {
    JsonNode info = info(answer.getInfoMap());
    if (info instanceof ObjectNode object) {
      object.remove("launchProgram");
    }
    return info;
  }

  /** The networks that a container is in, in the order in which it has joined them. */
  private static List<Network> inOrder(List<Network> all, JsonNode memberships, String id) {
    List<String> joined =
        memberships.valueStream().map(each -> each.path("networkId").asText()).toList();
    return all.stream()
        .filter(each -> endpoint(each, id).isPresent())
        .sorted(Comparator.comparingInt(each -> joined.indexOf(each.getId())))
        .toList();
  }

  private static JsonNode memberships(JsonNode podRecord) {
    return podRecord.path("memberships");
  }

  /** What the daemon has on record of the pod's networks; empty for the network of all pods. */
  JsonNode memberships() {
    return memberships(podRecord);
  }

  private static Optional<NetworkEndpoint> endpoint(Network network, String id) {
    return network.getEndpointsList().stream()
        .filter(each -> each.getContainerId().equals(id))
        .findFirst();
  }

  private static JsonNode imageConfig(Channel daemon, String imageId, long millis) {
    var request =
        ImageStatusRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(imageId))
            .setVerbose(true)
            .build();
    Map<String, String> infos =
        orElse(
            Map.of(),
            () ->
                ImageServiceGrpc.newBlockingStub(daemon)
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .imageStatus(request)
                    .getInfoMap());
    return info(infos).path("imageSpec").path("config");
  }

  /** Returns the answer, or another one if what is asked for is gone or the daemon is no jukung. */
  static <T> T orElse(T otherwise, Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNIMPLEMENTED || code == Status.Code.NOT_FOUND) {
        return otherwise;
      }
      throw e;
    }
  }

  /** Returns the JSON in a verbose answer. It is empty if there is none, or another text. */
  static JsonNode info(Map<String, String> infos) {
    try {
      return JSON.readTree(infos.getOrDefault("info", "{}"));
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** What {@code jukung run} has asked for beyond CRI, by the name of its annotation. */
  JsonNode options(Map<String, String> annotations) {
    try {
      return JSON.readTree(annotations.getOrDefault("io.jukung.options", "{}"));
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** The options of the container beyond CRI. */
  JsonNode options() {
    return options(status.getAnnotationsMap());
  }

  /** The name of the first of the container's networks in docker's words. */
  public String network() {
    return networkNames().getFirst();
  }

  /** The names of the container's networks in docker's words; at least one. */
  public List<String> networkNames() {
    if (networks.isEmpty()) {
      return List.of(isOnHostNetwork() ? "host" : "bridge");
    }
    return networks.stream().map(Network::getName).toList();
  }

  /** Whether the container is in the network with a name, or with an id that begins so. */
  public boolean isInNetwork(String wanted) {
    return networkNames().contains(wanted)
        || networks.stream().anyMatch(each -> each.getId().startsWith(wanted));
  }

  /** What the container has in one of its networks. */
  NetworkEndpoint endpoint(Network network) {
    return endpoint(network, status.getId()).orElse(NetworkEndpoint.getDefaultInstance());
  }

  /** Whether the pod has the network of the host. */
  boolean isOnHostNetwork() {
    return "NODE".equals(podRecord.path("config").path("network").asText());
  }
}
