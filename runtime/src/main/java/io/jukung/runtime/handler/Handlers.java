package io.jukung.runtime.handler;

import io.jukung.cri.CriException;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxStore;
import java.nio.file.Files;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The runtime handlers of the configuration. The empty name stands for jukung's own launch.
 * Thread-safe.
 */
public final class Handlers {
  private final SandboxStore sandboxes;
  private final Map<String, OciHandler> handlers = new TreeMap<>();
  private final Map<String, CompletableFuture<OciFeatures>> features = new TreeMap<>();

  public Handlers(Map<String, Config.Handler> configured, SandboxStore sandboxes) {
    this.sandboxes = sandboxes;
    configured.forEach(
        (name, settings) -> {
          handlers.put(name, OciHandler.of(name, settings));
          features.put(name, new CompletableFuture<>());
        });
  }

  /** Asks each handler's program in the background what it can do. */
  public void begin() {
    for (OciHandler each : handlers.values()) {
      CompletableFuture<OciFeatures> answer = features(each);
      Thread.ofPlatform()
          .daemon()
          .name("features of " + each.name())
          .start(
              () -> {
                try {
                  answer.complete(OciFeatures.ask(each));
                } finally {
                  answer.complete(OciFeatures.NONE); // nobody must wait for an answer in vain
                }
              });
    }
  }

  /**
   * Checks the handler that a pod asks for.
   *
   * @throws CriException INVALID_ARGUMENT if the configuration does not have it,
   *     FAILED_PRECONDITION if its program is not there
   */
  public void check(String name) {
    if (name.isEmpty()) {
      return;
    }
    OciHandler handler = handlers.get(name);
    if (handler == null) {
      throw CriException.invalidArgument(
          "RunPodSandbox: there is no runtime handler \""
              + name
              + "\" (runtime_handler); configured are \"\""
              + String.join(
                  "", handlers.keySet().stream().map(each -> ", \"" + each + "\"").toList()));
    }
    if (!Files.isExecutable(handler.path())) {
      throw CriException.failedPrecondition(
          "RunPodSandbox: the program "
              + handler.path()
              + " of the runtime handler \""
              + name
              + "\" is not there or cannot be executed");
    }
  }

  /**
   * Refuses a user namespace in a pod whose containers a runtime of the OCI runs: jukung maps the
   * ids of layers and volumes as a part of its own launch.
   *
   * @throws CriException UNIMPLEMENTED
   */
  public void checkUserNamespaces(String name) {
    if (!name.isEmpty()) {
      throw RuntimeSpec.refused(
          name, "config.linux.security_context.namespace_options.userns_options");
    }
  }

  /**
   * The handler of a container; empty for jukung's own launch.
   *
   * @throws CriException FAILED_PRECONDITION if the configuration does not have it any more
   */
  public Optional<OciHandler> of(ContainerRecord container) {
    return of(sandboxes.get(container.sandboxId()).record().runtimeHandler());
  }

  /** As {@link #of(ContainerRecord)}, by the name. */
  public Optional<OciHandler> of(String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    OciHandler handler = handlers.get(name);
    if (handler == null) {
      throw CriException.failedPrecondition(
          "the pod's runtime handler \"" + name + "\" is not in the configuration any more");
    }
    return Optional.of(handler);
  }

  /** A handler, and whether it takes recursive read-only mounts, as far as that is known yet. */
  public record Announced(String name, boolean recursiveReadOnly) {}

  /** The handlers besides the empty one. */
  public Collection<Announced> announced() {
    return handlers.values().stream()
        .map(
            each ->
                new Announced(
                    each.name(), features(each).getNow(OciFeatures.NONE).recursiveReadOnly()))
        .toList();
  }

  /** What the handler's program can do. Waits for its answer, which takes 10 s at most. */
  OciFeatures featuresOf(OciHandler handler) {
    return features(handler).join();
  }

  private CompletableFuture<OciFeatures> features(OciHandler handler) {
    CompletableFuture<OciFeatures> answer = features.get(handler.name());
    if (answer == null) {
      throw new IllegalArgumentException("no handler " + handler.name());
    }
    return answer;
  }
}
