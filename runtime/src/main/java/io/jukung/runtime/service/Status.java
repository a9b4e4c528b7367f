package io.jukung.runtime.service;

import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeFeatures;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.RuntimeHandlerFeatures;
import io.jukung.cri.v1.RuntimeStatus;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.runtime.handler.Handlers;
import io.jukung.runtime.network.Readiness;
import io.jukung.runtime.pod.PodHost;
import java.util.Map;
import java.util.function.Supplier;

/** Status: tells whether the runtime and its network are ready, and what they can do. */
public final class Status {
  private final PodHost host;
  private final Handlers handlers;
  private final Supplier<String> configJson;
  private final Supplier<Map<String, String>> security;

  /**
   * Makes the call.
   *
   * @param configJson the configuration in force
   * @param security which security mechanisms this node has, and why others are missing
   */
  public Status(
      PodHost host,
      Handlers handlers,
      Supplier<String> configJson,
      Supplier<Map<String, String>> security) {
    this.host = host;
    this.handlers = handlers;
    this.configJson = configJson;
    this.security = security;
  }

  public StatusResponse call(StatusRequest request) {
    Readiness network = host.networkReadiness();
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setStatus(
                RuntimeStatus.newBuilder()
                    .addConditions(condition("RuntimeReady", true, "", ""))
                    .addConditions(
                        condition(
                            "NetworkReady", network.ready(), network.reason(), network.message())))
            // Without the empty handler, kubelet assumes that the runtime has no features.
            .addRuntimeHandlers(
                RuntimeHandler.newBuilder()
                    .setName("")
                    .setFeatures(
                        RuntimeHandlerFeatures.newBuilder()
                            .setRecursiveReadOnlyMounts(true)
                            .setUserNamespaces(host.missingForUserNamespaces().isEmpty())))
            .setFeatures(
                RuntimeFeatures.newBuilder()
                    .setSupplementalGroupsPolicy(true)
                    .setUserNamespacesHostNetwork(true)
                    .setMountOptions(true));
    handlers.announced().forEach(each -> response.addRuntimeHandlers(handler(each)));
    if (request.getVerbose()) {
      response.putInfo("config", configJson.get());
      security.get().forEach(response::putInfo);
    }
    return response.build();
  }

  private static RuntimeHandler handler(Handlers.Announced handler) {
    return RuntimeHandler.newBuilder()
        .setName(handler.name())
        .setFeatures(
            RuntimeHandlerFeatures.newBuilder()
                .setRecursiveReadOnlyMounts(handler.recursiveReadOnly()))
        .build();
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
