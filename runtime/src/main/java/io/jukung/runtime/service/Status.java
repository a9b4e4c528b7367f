package io.jukung.runtime.service;

import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeFeatures;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.RuntimeHandlerFeatures;
import io.jukung.cri.v1.RuntimeStatus;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import java.util.function.Supplier;

/** Whether the runtime and its network are ready, and what they can do. */
public final class Status {
  private final PodHost host;
  private final Supplier<String> configJson;

  /**
   * Answers about these.
   *
   * @param configJson the configuration in force
   */
  public Status(PodHost host, Supplier<String> configJson) {
    this.host = host;
    this.configJson = configJson;
  }

  public StatusResponse call(StatusRequest request) {
    PodHost.NetworkReadiness network = host.networkReadiness();
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setStatus(
                RuntimeStatus.newBuilder()
                    .addConditions(condition("RuntimeReady", true, "", ""))
                    .addConditions(
                        condition(
                            "NetworkReady", network.ready(), network.reason(), network.message())))
            // kubelet takes a missing empty handler for one without features.
            .addRuntimeHandlers(
                RuntimeHandler.newBuilder()
                    .setName("")
                    .setFeatures(
                        RuntimeHandlerFeatures.newBuilder()
                            .setRecursiveReadOnlyMounts(true)
                            .setUserNamespaces(host.missingForUserNamespaces().isEmpty())))
            .setFeatures(RuntimeFeatures.newBuilder().setSupplementalGroupsPolicy(true));
    if (request.getVerbose()) {
      response.putInfo("config", configJson.get());
    }
    return response.build();
  }

  private static RuntimeCondition condition(
      String type, boolean status, String reason, String message) {
    return RuntimeCondition.newBuilder()
        .setType(type)
        .setStatus(status)
        .setReason(reason)
        .setMessage(message)
        .build();
  }
}
