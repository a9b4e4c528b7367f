package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.Volume;
import io.jukung.client.v1.VolumesGrpc;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What the facts of all containers of a node have in common, so that a list asks for it once.
 *
 * @param volumes empty for a runtime that is not jukung, as networks
 * @param conditions of containers by their IDs; one that is not there is asked for when it is
 *     needed
 * @param images the configurations of the images that were asked for so far, by their IDs
 * @param details what the daemon says beyond CRI about containers that were asked for so far, by
 *     their IDs. Lists use it again, as they show nothing of it that changes; a verbose answer is
 *     expensive, because it has the launch program.
 */
public record NodeFacts(
    List<Volume> volumes,
    List<Network> networks,
    Map<String, Condition> conditions,
    ConcurrentMap<String, JsonNode> images,
    ConcurrentMap<String, JsonNode> details) {
  /**
   * Asks the daemon.
   *
   * @param deadline of each call
   * @throws StatusRuntimeException if the daemon does not answer
   */
  public static NodeFacts ask(Channel daemon, Duration deadline) {
    long millis = deadline.toMillis();
    List<Volume> volumes =
        ContainerFacts.orElse(
            List.of(),
            () ->
                VolumesGrpc.newBlockingStub(daemon)
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .listVolumes(ListVolumesRequest.getDefaultInstance())
                    .getVolumesList());
    List<Network> networks =
        ContainerFacts.orElse(
            List.of(),
            () ->
                NetworksGrpc.newBlockingStub(daemon)
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .listNetworks(ListNetworksRequest.getDefaultInstance())
                    .getNetworksList());
    return new NodeFacts(
        volumes, networks, Map.of(), new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
  }

  /**
   * As {@link #ask}, for a list of all containers: their conditions are one question, too.
   *
   * @param details of lists before, which the caller keeps; those of containers that are gone are
   *     removed
   */
  public static NodeFacts askForAll(
      Channel daemon, Duration deadline, ConcurrentMap<String, JsonNode> details) {
    NodeFacts node = ask(daemon, deadline);
    Map<String, Condition> conditions =
        ContainerFacts.orElse(
                List.<Condition>of(),
                () ->
                    ContainersGrpc.newBlockingStub(daemon)
                        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                        .conditions(ConditionsRequest.getDefaultInstance())
                        .getConditionsList())
            .stream()
            .collect(Collectors.toMap(Condition::getContainerId, each -> each, (_, last) -> last));
    details.keySet().retainAll(conditions.keySet());
    return new NodeFacts(node.volumes(), node.networks(), conditions, node.images(), details);
  }
}
