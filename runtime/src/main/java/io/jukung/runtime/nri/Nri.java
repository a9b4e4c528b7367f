package io.jukung.runtime.nri;

import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.nri.v1alpha1.ContainerEviction;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.CreateContainerRequest;
import io.jukung.nri.v1alpha1.CreateContainerResponse;
import io.jukung.nri.v1alpha1.PluginInstance;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.PostCreateContainerRequest;
import io.jukung.nri.v1alpha1.PostStartContainerRequest;
import io.jukung.nri.v1alpha1.PostUpdateContainerRequest;
import io.jukung.nri.v1alpha1.PostUpdatePodSandboxRequest;
import io.jukung.nri.v1alpha1.RemoveContainerRequest;
import io.jukung.nri.v1alpha1.RemovePodSandboxRequest;
import io.jukung.nri.v1alpha1.RunPodSandboxRequest;
import io.jukung.nri.v1alpha1.StartContainerRequest;
import io.jukung.nri.v1alpha1.StopContainerRequest;
import io.jukung.nri.v1alpha1.StopContainerResponse;
import io.jukung.nri.v1alpha1.StopPodSandboxRequest;
import io.jukung.nri.v1alpha1.UpdateContainerRequest;
import io.jukung.nri.v1alpha1.UpdateContainerResponse;
import io.jukung.nri.v1alpha1.UpdatePodSandboxRequest;
import io.jukung.nri.v1alpha1.UpdatePodSandboxResponse;
import io.jukung.nri.v1alpha1.ValidateContainerAdjustmentRequest;
import io.jukung.nri.v1alpha1.ValidateContainerAdjustmentResponse;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells NRI plugins of pods and containers, and makes the changes that plugins ask for.
 *
 * @see <a href="https://github.com/containerd/nri">the protocol</a>
 */
public final class Nri implements LifecyclePlugins, ChangeListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Nri.class);

  /** Longer than the drain, the synchronization and the update that follow each other. */
  private static final int GATE_TIMEOUTS = 3;

  /** What the daemon does with containers at the request of plugins. */
  public interface Actions {
    void update(Container container, LinuxContainerResources limits) throws IOException;

    void evict(Container container) throws IOException, InterruptedException;
  }

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerSpecs specs;
  private final Actions actions;
  private final ContainerMessages messages;
  private final SyncGate gate;
  private final NriPlugins plugins;
  private final PluginConnections connections;

  /** The containers whose end is being told, or was told. */
  private final Map<String, CompletableFuture<Void>> stopped = new ConcurrentHashMap<>();

  private final Set<String> stoppedPods = ConcurrentHashMap.newKeySet();

  /** The containers whose creation was told and has not ended. */
  private final Map<String, io.jukung.nri.v1alpha1.Container> creating = new ConcurrentHashMap<>();

  public Nri(
      Config.Nri settings,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerSpecs specs,
      StatePaths paths,
      Actions actions) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.specs = specs;
    this.actions = actions;
    this.messages = new ContainerMessages(paths);
    this.gate = new SyncGate(settings.registrationTimeout().multipliedBy(GATE_TIMEOUTS));
    this.plugins = new NriPlugins(gate, settings.registrationTimeout(), new StoredNode());
    this.connections = new PluginConnections(settings, paths, plugins);
  }

  /** Starts the installed plugins, and lets others connect. To be called after the recovery. */
  public void start() throws IOException {
    for (Container each : containers.all()) {
      if (each.status().isExited()) {
        stopped.put(each.id(), CompletableFuture.completedFuture(null)); // told by a daemon before
      }
    }
    for (Sandbox each : sandboxes.all()) {
      if (!each.isReady()) {
        stoppedPods.add(each.id());
      }
    }
    connections.start();
  }

  @Override
  public void close() throws IOException {
    connections.close();
    plugins.close();
  }

  /** The node as the stores show it. */
  private final class StoredNode implements NriPlugins.Node {
    @Override
    public List<PodSandbox> pods() {
      return sandboxes.all().stream().map(each -> messages.pod(each.record())).toList();
    }

    @Override
    public List<io.jukung.nri.v1alpha1.Container> containers() {
      return containers.all().stream()
          .filter(each -> !each.status().isExited())
          .map(Nri.this::message)
          .toList();
    }

    @Override
    public void update(ContainerUpdate update, String plugin) throws IOException {
      LinuxContainerResources limits =
          ResourceMessages.toCri(update.getLinux().getResources(), plugin);
      Optional<Container> container = containers.find(update.getContainerId());
      if (container.isPresent() && !container.get().status().isExited()) {
        actions.update(container.get(), limits);
      } else {
        LOG.debug("NRI plugin {}: no container {}", plugin, update.getContainerId());
      }
    }

    @Override
    public void evict(ContainerEviction eviction, String plugin)
        throws IOException, InterruptedException {
      Optional<Container> container = containers.find(eviction.getContainerId());
      if (container.isPresent()) {
        actions.evict(container.get());
      }
    }
  }

  private io.jukung.nri.v1alpha1.Container message(Container container) {
    ContainerRecord record = container.record();
    ContainerStatusRecord status = container.status();
    try {
      return ContainerMessages.container(record, status, specs.of(container.id()));
    } catch (IOException e) {
      LOG.warn("container {}: plugins see only its record: {}", container.id(), e.getMessage());
      return ContainerMessages.container(record, status);
    }
  }

  private PodSandbox podOf(Container container) {
    String id = container.record().sandboxId();
    return sandboxes
        .find(id)
        .map(each -> messages.pod(each.record()))
        .orElseGet(() -> PodSandbox.newBuilder().setId(id).build());
  }

  @Override
  public void changed(Container container, Change change) {
    switch (change) {
      case CREATED, STARTED -> {}
      // Not on this thread, which has the container's lock.
      case STOPPED ->
          Thread.ofVirtual()
              .name("nri stop " + container.id())
              .start(() -> containerStopped(container));
      case DELETED -> stopped.remove(container.id());
    }
  }

  @Override
  public void changed(Sandbox sandbox, Change change) {
    if (change == Change.DELETED) {
      stoppedPods.remove(sandbox.id());
    }
  }

  @Override
  public Step begin(String id) {
    return gate.begin(id);
  }

  @Override
  public void runPodSandbox(SandboxRecord sandbox) {
    if (plugins.isEmpty()) {
      return;
    }
    PodSandbox pod = messages.pod(sandbox);
    Message request = RunPodSandboxRequest.newBuilder().setPod(pod).build();
    plugins.each(
        "RunPodSandbox of " + sandbox.id(),
        each -> each.notify(PluginEvent.RUN_POD_SANDBOX, request, pod, none()));
  }

  @Override
  public void undoRunPodSandbox(SandboxRecord sandbox) {
    stopPodSandbox(sandbox);
    removePodSandbox(sandbox);
    stoppedPods.remove(sandbox.id());
  }

  @Override
  public void updatePodSandbox(
      SandboxRecord sandbox, LinuxContainerResources overhead, LinuxContainerResources resources) {
    if (plugins.isEmpty()) {
      return;
    }
    UpdatePodSandboxRequest request =
        UpdatePodSandboxRequest.newBuilder()
            .setPod(messages.pod(sandbox))
            .setOverheadLinuxResources(ResourceMessages.of(overhead))
            .setLinuxResources(ResourceMessages.of(resources))
            .build();
    plugins.each(
        "UpdatePodSandboxResources of " + sandbox.id(),
        each -> {
          var _ =
              each.tell(PluginEvent.UPDATE_POD_SANDBOX, request, UpdatePodSandboxResponse.parser());
        });
  }

  @Override
  public void postUpdatePodSandbox(SandboxRecord sandbox) {
    tellAnyway(
        PluginEvent.POST_UPDATE_POD_SANDBOX,
        sandbox,
        pod -> PostUpdatePodSandboxRequest.newBuilder().setPod(pod).build());
  }

  @Override
  public void stopPodSandbox(SandboxRecord sandbox) {
    if (!stoppedPods.add(sandbox.id())) {
      return;
    }
    tellAnyway(
        PluginEvent.STOP_POD_SANDBOX,
        sandbox,
        pod -> StopPodSandboxRequest.newBuilder().setPod(pod).build());
  }

  @Override
  public void removePodSandbox(SandboxRecord sandbox) {
    tellAnyway(
        PluginEvent.REMOVE_POD_SANDBOX,
        sandbox,
        pod -> RemovePodSandboxRequest.newBuilder().setPod(pod).build());
  }

  @Override
  public Draft createContainer(SandboxRecord sandbox, Draft draft, WithCdiDevices specs)
      throws IOException {
    if (plugins.isEmpty()) {
      return draft;
    }
    ContainerRecord record = draft.record();
    PodSandbox pod = messages.pod(sandbox);
    io.jukung.nri.v1alpha1.Container container =
        ContainerMessages.container(record, ContainerStatusRecord.created(), draft.spec());
    creating.put(record.id(), container);
    AdjustmentMerge merge = new AdjustmentMerge(container);
    List<ContainerEviction> evictions = new ArrayList<>();
    ValidateContainerAdjustmentRequest.Builder validation =
        ValidateContainerAdjustmentRequest.newBuilder().setPod(pod).setContainer(container);
    String what = "CreateContainer of " + record.name().name();
    plugins.each(
        what,
        each -> {
          validation.addPlugins(
              PluginInstance.newBuilder()
                  .setName(each.name().base())
                  .setIndex(each.name().index()));
          Optional<CreateContainerResponse> response =
              each.tell(
                  PluginEvent.CREATE_CONTAINER,
                  CreateContainerRequest.newBuilder()
                      .setPod(pod)
                      .setContainer(merge.container())
                      .build(),
                  CreateContainerResponse.parser());
          if (response.isPresent()) {
            merge.add(response.get().getAdjust(), each.toString());
            merge.addUpdates(response.get().getUpdateList(), each.toString());
            evictions.addAll(response.get().getEvictList());
          }
        });
    validate(
        what,
        validation
            .setAdjust(merge.adjustment())
            .addAllUpdate(merge.updates())
            .setOwners(merge.owners().toMessage())
            .build());
    Draft adjusted = Adjustments.apply(merge.adjustment(), draft, specs);
    carryOut(what, merge.updates(), evictions);
    return adjusted;
  }

  private void validate(String what, ValidateContainerAdjustmentRequest request) {
    plugins.each(
        what,
        each -> {
          Optional<ValidateContainerAdjustmentResponse> response =
              each.tell(
                  PluginEvent.VALIDATE_CONTAINER_ADJUSTMENT,
                  request,
                  ValidateContainerAdjustmentResponse.parser());
          if (response.isPresent() && response.get().getReject()) {
            throw CriException.failedPrecondition(
                "NRI plugin "
                    + each
                    + " rejects the adjustments for "
                    + what
                    + ": "
                    + response.get().getReason());
          }
        });
  }

  private void carryOut(
      String what, List<ContainerUpdate> updates, List<ContainerEviction> evictions) {
    plugins.evict(evictions, "of " + what);
    List<ContainerUpdate> failed = plugins.update(updates, "of " + what);
    if (!failed.isEmpty()) {
      throw CriException.failedPrecondition(
          what
              + ": NRI plugins update container "
              + failed.getFirst().getContainerId()
              + ", which has failed");
    }
  }

  @Override
  public void undoCreateContainer(SandboxRecord sandbox, String containerId) {
    io.jukung.nri.v1alpha1.Container container = creating.remove(containerId);
    if (container == null) {
      return; // the plugins were not told
    }
    PodSandbox pod = messages.pod(sandbox);
    tellStop(pod, container);
    tellAnyway(
        PluginEvent.REMOVE_CONTAINER,
        RemoveContainerRequest.newBuilder().setPod(pod).setContainer(container).build(),
        pod,
        container);
  }

  @Override
  public void postCreateContainer(Container container) {
    creating.remove(container.id());
    tellAnyway(
        PluginEvent.POST_CREATE_CONTAINER,
        container,
        (pod, message) ->
            PostCreateContainerRequest.newBuilder().setPod(pod).setContainer(message).build());
  }

  @Override
  public void startContainer(Container container) {
    if (plugins.isEmpty()) {
      return;
    }
    PodSandbox pod = podOf(container);
    io.jukung.nri.v1alpha1.Container message = message(container);
    Message request = StartContainerRequest.newBuilder().setPod(pod).setContainer(message).build();
    plugins.each(
        "StartContainer of " + container.id(),
        each -> each.notify(PluginEvent.START_CONTAINER, request, pod, message));
  }

  @Override
  public void postStartContainer(Container container) {
    tellAnyway(
        PluginEvent.POST_START_CONTAINER,
        container,
        (pod, message) ->
            PostStartContainerRequest.newBuilder().setPod(pod).setContainer(message).build());
  }

  @Override
  public LinuxContainerResources updateContainer(
      Container container, LinuxContainerResources resources) {
    if (plugins.isEmpty()) {
      return resources;
    }
    PodSandbox pod = podOf(container);
    io.jukung.nri.v1alpha1.Container message = message(container);
    AdjustmentMerge merge = new AdjustmentMerge(none());
    List<ContainerEviction> evictions = new ArrayList<>();
    String what = "UpdateContainerResources of " + container.id();
    plugins.each(
        what,
        each -> {
          Optional<UpdateContainerResponse> response =
              each.tell(
                  PluginEvent.UPDATE_CONTAINER,
                  UpdateContainerRequest.newBuilder()
                      .setPod(pod)
                      .setContainer(message)
                      .setLinuxResources(
                          ResourceMessages.of(own(merge, container.id(), resources, what)))
                      .build(),
                  UpdateContainerResponse.parser());
          if (response.isPresent()) {
            response.get().getUpdateList().forEach(u -> merge.addUpdate(u, each.toString()));
            evictions.addAll(response.get().getEvictList());
          }
        });
    List<ContainerUpdate> others =
        merge.updates().stream()
            .filter(each -> !each.getContainerId().equals(container.id()))
            .toList();
    carryOut(what, others, evictions);
    return own(merge, container.id(), resources, what);
  }

  /** The limits of the request, with the changes that plugins have asked for so far. */
  private static LinuxContainerResources own(
      AdjustmentMerge merge, String id, LinuxContainerResources requested, String what) {
    LinuxContainerResources.Builder result = requested.toBuilder();
    for (ContainerUpdate each : merge.updates()) {
      if (each.getContainerId().equals(id)) {
        result.mergeFrom(ResourceMessages.toCri(each.getLinux().getResources(), what));
      }
    }
    return result.build();
  }

  @Override
  public void postUpdateContainer(Container container) {
    tellAnyway(
        PluginEvent.POST_UPDATE_CONTAINER,
        container,
        (pod, message) ->
            PostUpdateContainerRequest.newBuilder().setPod(pod).setContainer(message).build());
  }

  @Override
  public void containerStopped(Container container) {
    if (!container.status().isExited()) {
      return;
    }
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> others = stopped.putIfAbsent(container.id(), mine);
    if (others != null) {
      others.join(); // it ends, as plugins have bounded time
      return;
    }
    try {
      gate.awaitEnd(container.id()); // the plugins must learn of its start first
      try (Step _ = gate.begin(container.id())) {
        if (!plugins.isEmpty()) {
          tellStop(podOf(container), message(container));
        }
      }
    } finally {
      mine.complete(null);
    }
  }

  private void tellStop(PodSandbox pod, io.jukung.nri.v1alpha1.Container container) {
    Message request = StopContainerRequest.newBuilder().setPod(pod).setContainer(container).build();
    List<ContainerUpdate> updates = new ArrayList<>();
    plugins.eachAnyway(
        "StopContainer",
        each ->
            each.tell(PluginEvent.STOP_CONTAINER, request, StopContainerResponse.parser())
                .ifPresent(response -> updates.addAll(response.getUpdateList())));
    var _ = plugins.update(updates, "of StopContainer");
  }

  @Override
  public void removeContainer(Container container) {
    tellAnyway(
        PluginEvent.REMOVE_CONTAINER,
        container,
        (pod, message) ->
            RemoveContainerRequest.newBuilder().setPod(pod).setContainer(message).build());
  }

  /** Tells of a pod what no plugin can refuse. */
  private void tellAnyway(
      PluginEvent event, SandboxRecord sandbox, Function<PodSandbox, Message> request) {
    if (!plugins.isEmpty()) {
      PodSandbox pod = messages.pod(sandbox);
      tellAnyway(event, request.apply(pod), pod, none());
    }
  }

  /** Tells of a container what no plugin can refuse. */
  private void tellAnyway(
      PluginEvent event,
      Container container,
      BiFunction<PodSandbox, io.jukung.nri.v1alpha1.Container, Message> request) {
    if (!plugins.isEmpty()) {
      PodSandbox pod = podOf(container);
      io.jukung.nri.v1alpha1.Container message = message(container);
      tellAnyway(event, request.apply(pod, message), pod, message);
    }
  }

  private void tellAnyway(
      PluginEvent event,
      Message request,
      PodSandbox pod,
      io.jukung.nri.v1alpha1.Container container) {
    plugins.eachAnyway(event.method(), each -> each.notify(event, request, pod, container));
  }

  private static io.jukung.nri.v1alpha1.Container none() {
    return io.jukung.nri.v1alpha1.Container.getDefaultInstance();
  }
}
