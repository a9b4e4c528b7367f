package io.jukung.runtime.service;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.LinuxPodSandboxConfig;
import io.jukung.cri.v1.LinuxSandboxSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.cgroup.CgroupfsDriver;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.checkpoint.Criu;
import io.jukung.runtime.checkpoint.Restores;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerLimits;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.container.LeftOutOutput;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.container.WritableLayerLimits;
import io.jukung.runtime.events.ContainerEvents;
import io.jukung.runtime.handler.Handlers;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.hook.ContainerHooks;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.SeccompFilters;
import io.jukung.runtime.life.ContainerStarter;
import io.jukung.runtime.life.LogPolicy;
import io.jukung.runtime.life.PauseContainer;
import io.jukung.runtime.life.PodRest;
import io.jukung.runtime.life.PodRevival;
import io.jukung.runtime.life.RenameContainer;
import io.jukung.runtime.life.Restarts;
import io.jukung.runtime.life.SignalContainer;
import io.jukung.runtime.life.StartAgain;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.PodUsers;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.recovery.RecordReader;
import io.jukung.runtime.recovery.Recovery;
import io.jukung.runtime.recovery.SandboxReconciler;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.ImageDefaults;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.volume.Volumes;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * The runtime service with shims, network and images that are fakes, over the real disk and the
 * real cgroup hierarchy.
 */
public final class TestNode {
  private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(30);
  private static final Duration KILL_WAIT = Duration.ofMillis(500);
  private static final Duration OPERATIONS_WAIT = Duration.ofSeconds(2);
  private static final long RECOVERY_BOUND_SECONDS = 60;

  public final Faults faults = new Faults();
  public final StatePaths paths;
  public final FakeHost host;
  public final FakeImages images;
  public final FakeShimPool pool = new FakeShimPool(faults);
  public final CgroupMount mount;
  public final String cgroupRoot;

  /** Wraps what a recovery reads records with; a test may make reads wait. */
  public UnaryOperator<RecordReader> reader = UnaryOperator.identity();

  /** How long calls wait for a silent shim after a restart, before they fail at once. */
  public Duration silence = Duration.ofMillis(500);

  /** What is told of pods and containers, from the next restart on. */
  public LifecyclePlugins plugins = LifecyclePlugins.NONE;

  /** The ids of pods whose networks are taken up because their records were read late. */
  public final Set<String> lateNetworks = ConcurrentHashMap.newKeySet();

  public SandboxStore sandboxes;
  public ContainerStore containers;
  public PodShims shims;
  public Freezer freezer;
  public ContainerEvents changes;
  public PodEvents events;
  public Recovery recovery;
  public RunPodSandbox runPodSandbox;
  public StopPodSandbox stopPodSandbox;
  public RemovePodSandbox removePodSandbox;
  public PodSandboxStatus podSandboxStatus;
  ListPodSandbox listPodSandbox;
  CreateContainer createContainer;
  public StartContainer startContainer;
  public OwnContainers own;
  public Volumes volumes;
  public Restarts restarts;
  public PodRest rest;
  public StartAgain startAgain;
  public RenameContainer renameContainer;
  public PauseContainer pauses;
  public SignalContainer signalContainer;
  public StopContainer stopContainer;
  public RemoveContainer removeContainer;
  public ContainerStatus containerStatus;
  ListContainers listContainers;
  ReopenContainerLog reopenContainerLog;
  public ContainerExec execs;
  ExecSync execSync;
  UpdateContainerResources updateContainerResources;
  UpdatePodSandboxResources updatePodSandboxResources;

  public TestNode(Path directory) throws IOException {
    this(directory, new ImageDefaults("", List.of(), List.of("/bin/app"), List.of(), "", ""));
  }

  public TestNode(Path directory, ImageDefaults defaults) throws IOException {
    Path layer = Files.createDirectories(directory.resolve("layer"));
    paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    host = new FakeHost(faults, paths);
    images = new FakeImages(faults, layer, defaults);
    mount = CgroupMount.find();
    cgroupRoot = "/jukung-test-" + UUID.randomUUID();
    restart(RECOVERY_LIMIT);
  }

  /** Starts a new daemon over what is on disk. It has recovered nothing yet. */
  public void restart() throws IOException {
    restart(RECOVERY_LIMIT);
  }

  /**
   * Starts a new daemon over what is on disk. It has recovered nothing yet.
   *
   * @param recoveryLimit how long the recovery waits for one object
   */
  public void restart(Duration recoveryLimit) throws IOException {
    if (recovery != null) {
      recovery.close();
    }
    StateFiles files = new StateFiles(paths);
    ContainerSpecs containerSpecs = new ContainerSpecs(files);
    sandboxes = new SandboxStore();
    containers = new ContainerStore();
    ContainerViews views = new ContainerViews(images::names);
    changes = new ContainerEvents(sandboxes, containers, views);
    shims = new PodShims();
    PodCgroups cgroups =
        new PodCgroups(
            mount, new CgroupfsDriver(mount, cgroupRoot), PodCgroups.MissingController.IGNORE);
    freezer = new Freezer();
    SeccompFilters filters = new SeccompFilters();
    PathWork pathWork = new PathWork();
    LaunchCompiler compiler = new LaunchCompiler(paths.state(), mount.directory(), 0, filters);
    Handlers handlers = new Handlers(Map.of(), sandboxes);
    OciContainers runtimes = new OciContainers(handlers, files, compiler, pathWork);
    SandboxLifecycle lifecycle = new SandboxLifecycle(files, host, pool, shims, cgroups, compiler);
    ContainerHooks hooks =
        new ContainerHooks(
            paths,
            containerSpecs,
            compiler,
            new CdiDevices(List.of(), List.of()),
            Config.DEFAULTS.cdi().hookTimeout());
    events =
        new PodEvents(sandboxes, containers, files, shims, cgroups, new LeftOutOutput(), hooks);
    pool.tell(events);
    ContainerStopper stopper = new ContainerStopper(files, shims, cgroups, freezer, KILL_WAIT);
    ContainerRemover remover =
        new ContainerRemover(
            containers, files, containerSpecs, images, shims, cgroups, stopper, plugins, runtimes);
    SandboxStopper sandboxStopper =
        new SandboxStopper(
            containers, files, lifecycle, stopper, cgroups, plugins, OPERATIONS_WAIT);
    recovery =
        new Recovery(
            files,
            reader.apply(RecordReader.of(files)),
            sandboxes,
            containers,
            images,
            shims,
            cgroups,
            new SandboxReconciler(
                files,
                sandboxes,
                containers,
                lifecycle,
                sandboxStopper,
                stopper,
                pool,
                cgroups,
                events,
                _ -> {}), // no process of this node is real
            new Recovery.PodNetworks() {
              @Override
              public void note(SandboxRecord noted) {
                // The networks of this node are not real.
              }

              @Override
              public void takeUpLate(Sandbox late) {
                lateNetworks.add(late.id());
              }
            },
            new Recovery.Limits(recoveryLimit, silence));
    SpecBuilder specs =
        new SpecBuilder(
            paths,
            1024,
            new CdiDevices(List.of(), List.of()),
            new LabelRules(new AppArmor(Path.of("/sys")), new Selinux(Path.of("/"))));
    runPodSandbox =
        new RunPodSandbox(
            sandboxes,
            files,
            lifecycle,
            cgroups,
            specs,
            pathWork,
            plugins,
            handlers,
            new PodUsers(sandboxes, paths.root().resolve("etc")));
    own = new OwnContainers(sandboxes, containers);
    restarts = new Restarts(own, containers, files);
    stopPodSandbox = new StopPodSandbox(sandboxes, containers, sandboxStopper, restarts);
    removePodSandbox =
        new RemovePodSandbox(
            sandboxes, containers, files, sandboxStopper, remover, cgroups, plugins);
    podSandboxStatus = new PodSandboxStatus(sandboxes, containers, views, paths);
    listPodSandbox = new ListPodSandbox(new Selection(sandboxes, containers));
    volumes = new Volumes(files, containers);
    volumes.load();
    Restores restores =
        new Restores(
            new Criu(Config.DEFAULTS::checkpoint), files.paths(), images, compiler, filters);
    createContainer =
        new CreateContainer(
            sandboxes,
            containers,
            files,
            containerSpecs,
            shims,
            images,
            volumes,
            specs,
            cgroups,
            filters,
            pathWork,
            plugins,
            runtimes,
            new WritableLayerLimits(files.paths(), Config.DEFAULTS.writableLayer()),
            restores);
    ContainerStarter starter =
        new ContainerStarter(
            sandboxes,
            containers,
            files,
            containerSpecs,
            shims,
            cgroups,
            compiler,
            volumes,
            pathWork,
            plugins,
            new LogPolicy(own, Config.DEFAULTS.containerLog()),
            hooks,
            runtimes,
            restores);
    NamedLocks lives = new NamedLocks();
    rest = new PodRest(sandboxes, containers, sandboxStopper, paths, lives);
    ChangeListener listeners = ChangeListener.both(ChangeListener.both(changes, rest), restarts);
    sandboxes.listen(listeners);
    containers.listen(listeners);
    startAgain =
        new StartAgain(
            own,
            sandboxes,
            images,
            new PodRevival(files, lifecycle, sandboxStopper, plugins),
            starter,
            rest,
            lives,
            restarts);
    renameContainer = new RenameContainer(own, sandboxes, containers, files);
    pauses = new PauseContainer(own, cgroups, freezer);
    signalContainer = new SignalContainer(own, stopper, plugins, restarts);
    startContainer = new StartContainer(containers, starter);
    stopContainer = new StopContainer(containers, stopper, plugins, restarts);
    removeContainer = new RemoveContainer(containers, remover);
    containerStatus = new ContainerStatus(containers, views, files, compiler, pathWork);
    listContainers = new ListContainers(new Selection(sandboxes, containers), views);
    reopenContainerLog = new ReopenContainerLog(containers, shims);
    updateContainerResources =
        new UpdateContainerResources(containers, new ContainerLimits(cgroups), plugins);
    updatePodSandboxResources = new UpdatePodSandboxResources(sandboxes, files, cgroups, plugins);
    execs =
        new ContainerExec(containers, containerSpecs, shims, cgroups, compiler, freezer, runtimes);
    execSync = new ExecSync(execs);
  }

  /** Recovers, and waits until that is over, as far as it can be. */
  public void recover() throws Exception {
    recovery.run().thenRun(rest::begin).get(RECOVERY_BOUND_SECONDS, TimeUnit.SECONDS);
    restarts.begin(startAgain::restart);
  }

  public static RunPodSandboxRequest pod(String name) {
    return pod(name, NamespaceMode.POD, NamespaceMode.CONTAINER);
  }

  public static RunPodSandboxRequest pod(String name, NamespaceMode network, NamespaceMode pid) {
    return RunPodSandboxRequest.newBuilder()
        .setConfig(
            PodSandboxConfig.newBuilder()
                .setMetadata(
                    PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setUid("uid-" + name)
                        .setNamespace("default")
                        .setAttempt(1))
                .setHostname(name)
                .putLabels("app", name)
                .putAnnotations("note", "as given")
                .setLinux(
                    LinuxPodSandboxConfig.newBuilder()
                        .setSecurityContext(
                            LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(
                                    NamespaceOption.newBuilder().setNetwork(network).setPid(pid)))))
        .build();
  }

  static CreateContainerRequest container(String sandboxId, String name) {
    return CreateContainerRequest.newBuilder()
        .setPodSandboxId(sandboxId)
        .setConfig(
            ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .setImage(ImageSpec.newBuilder().setImage(FakeImages.NAME))
                .putLabels("app", name))
        .build();
  }

  public String runPod(String name) throws IOException, InterruptedException {
    return runPodSandbox.call(pod(name)).getPodSandboxId();
  }

  public String create(String sandboxId, String name) throws IOException, InterruptedException {
    return createContainer.call(container(sandboxId, name)).getContainerId();
  }

  /** Creates a container with an annotation. */
  public String create(String sandboxId, String name, String annotation, String value)
      throws IOException, InterruptedException {
    CreateContainerRequest.Builder request = container(sandboxId, name).toBuilder();
    request.getConfigBuilder().putAnnotations(annotation, value);
    return createContainer.call(request.build()).getContainerId();
  }

  public String start(String sandboxId, String name) throws IOException, InterruptedException {
    String id = create(sandboxId, name);
    start(id);
    return id;
  }

  public void start(String containerId) throws IOException, InterruptedException {
    startContainer.call(StartContainerRequest.newBuilder().setContainerId(containerId).build());
  }

  public void stop(String containerId, long timeoutSeconds)
      throws IOException, InterruptedException {
    stopContainer.call(
        StopContainerRequest.newBuilder()
            .setContainerId(containerId)
            .setTimeout(timeoutSeconds)
            .build());
  }

  public void remove(String containerId) throws IOException, InterruptedException {
    removeContainer.call(RemoveContainerRequest.newBuilder().setContainerId(containerId).build());
  }

  public ContainerState state(String containerId) throws IOException {
    return containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(containerId).build())
        .getStatus()
        .getState();
  }

  public void stopPod(String sandboxId) throws IOException, InterruptedException {
    stopPodSandbox.call(StopPodSandboxRequest.newBuilder().setPodSandboxId(sandboxId).build());
  }

  public void removePod(String sandboxId) throws IOException, InterruptedException {
    removePodSandbox.call(RemovePodSandboxRequest.newBuilder().setPodSandboxId(sandboxId).build());
  }

  /** Deletes the container's directory behind the daemon's back. */
  public void deleteRecords(String containerId) throws IOException {
    new StateFiles(paths).deleteContainer(containerId);
  }

  public Cgroup cgroup() {
    return mount.at(cgroupRoot);
  }

  /** The names of everything that an operation may leave behind. */
  public Set<String> traces() throws IOException {
    Set<String> traces = new TreeSet<>();
    for (Path top : List.of(paths.root(), paths.state())) {
      Files.walkFileTree(
          top,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
              traces.add(dir.toString());
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              traces.add(file.toString());
              return FileVisitResult.CONTINUE;
            }
          });
    }
    host.namespaces.forEach(id -> traces.add("namespaces " + id));
    host.networks.forEach(id -> traces.add("network " + id));
    images.leases.forEach(id -> traces.add("lease " + id));
    pool.pods.keySet().forEach(id -> traces.add("shim " + id));
    sandboxes.all().forEach(sandbox -> traces.add("sandbox " + sandbox.id()));
    containers.all().forEach(container -> traces.add("container " + container.id()));
    if (cgroup().exists()) {
      cgroup().children().forEach(name -> traces.add("cgroup " + name));
    }
    return traces;
  }

  /** Removes every sandbox and the cgroup. */
  public void cleanUp() throws IOException, InterruptedException {
    faults.none();
    for (Sandbox sandbox : sandboxes.all()) {
      removePod(sandbox.id());
    }
    if (cgroup().exists()) {
      cgroup().remove(Duration.ofSeconds(5));
    }
  }
}
