package io.jukung.cri.docker;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.Network;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.Volume;
import io.jukung.client.v1.VolumesGrpc;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the facts of all containers of a node have in common, so that a list asks for it once.
 *
 * @param volumes empty for a runtime that is not jukung, as networks
 */
public record NodeFacts(List<Volume> volumes, List<Network> networks) {
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
    return new NodeFacts(volumes, networks);
  }
}
