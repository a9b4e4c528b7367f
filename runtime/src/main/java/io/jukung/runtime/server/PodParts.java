package io.jukung.runtime.server;

import io.jukung.cri.client.Release;
import io.jukung.image.commit.ImageCommitter;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.build.BuildPods;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.cgroup.CgroupfsDriver;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroupDriver;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.cgroup.SystemdBus;
import io.jukung.runtime.cgroup.SystemdDriver;
import io.jukung.runtime.checkpoint.Checkpoints;
import io.jukung.runtime.checkpoint.Criu;
import io.jukung.runtime.checkpoint.Restores;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.Installation;
import io.jukung.runtime.container.CommitContainer;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.container.ContainerLimits;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.container.LeftOutOutput;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.container.Standstill;
import io.jukung.runtime.container.UnreportedExits;
import io.jukung.runtime.container.WritableLayerLimits;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.doctor.Diagnose;
import io.jukung.runtime.doctor.Doctor;
import io.jukung.runtime.doctor.LinuxHostView;
import io.jukung.runtime.events.ContainerEvents;
import io.jukung.runtime.files.ContainerRoots;
import io.jukung.runtime.files.CopyIn;
import io.jukung.runtime.files.CopyOut;
import io.jukung.runtime.files.RootDifference;
import io.jukung.runtime.files.StatPath;
import io.jukung.runtime.handler.Handlers;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.hook.ContainerHooks;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.SeccompFilters;
import io.jukung.runtime.life.AwaitContainer;
import io.jukung.runtime.life.Conditions;
import io.jukung.runtime.life.ContainerStarter;
import io.jukung.runtime.life.HealthProbes;
import io.jukung.runtime.life.LogPolicy;
import io.jukung.runtime.life.PauseContainer;
import io.jukung.runtime.life.PodRest;
import io.jukung.runtime.life.PodRevival;
import io.jukung.runtime.life.ProcessList;
import io.jukung.runtime.life.PublishedPorts;
import io.jukung.runtime.life.RenameContainer;
import io.jukung.runtime.life.Restarts;
import io.jukung.runtime.life.SetRestartPolicy;
import io.jukung.runtime.life.SignalContainer;
import io.jukung.runtime.life.StartAgain;
import io.jukung.runtime.metrics.NodeMetrics;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.nri.Nri;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.pod.ListCreations;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.PodUsers;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.recovery.NetworkUpkeep;
import io.jukung.runtime.recovery.OrphanRepair;
import io.jukung.runtime.recovery.Recovery;
import io.jukung.runtime.recovery.SandboxReconciler;
import io.jukung.runtime.sandboxfiles.SandboxFiles;
import io.jukung.runtime.service.CheckpointContainer;
import io.jukung.runtime.service.ContainerStats;
import io.jukung.runtime.service.ContainerStatus;
import io.jukung.runtime.service.CreateContainer;
import io.jukung.runtime.service.ExecSync;
import io.jukung.runtime.service.GetContainerEvents;
import io.jukung.runtime.service.ListContainerStats;
import io.jukung.runtime.service.ListContainers;
import io.jukung.runtime.service.ListMetricDescriptors;
import io.jukung.runtime.service.ListPodSandbox;
import io.jukung.runtime.service.ListPodSandboxMetrics;
import io.jukung.runtime.service.ListPodSandboxStats;
import io.jukung.runtime.service.PodSandboxStats;
import io.jukung.runtime.service.PodSandboxStatus;
import io.jukung.runtime.service.RemoveContainer;
import io.jukung.runtime.service.RemovePodSandbox;
import io.jukung.runtime.service.ReopenContainerLog;
import io.jukung.runtime.service.RunPodSandbox;
import io.jukung.runtime.service.RuntimeConfig;
import io.jukung.runtime.service.StartContainer;
import io.jukung.runtime.service.Status;
import io.jukung.runtime.service.StopContainer;
import io.jukung.runtime.service.StopPodSandbox;
import io.jukung.runtime.service.StreamContainerStats;
import io.jukung.runtime.service.StreamContainers;
import io.jukung.runtime.service.StreamPodSandboxMetrics;
import io.jukung.runtime.service.StreamPodSandboxStats;
import io.jukung.runtime.service.StreamPodSandboxes;
import io.jukung.runtime.service.UpdateContainerResources;
import io.jukung.runtime.service.UpdatePodSandboxResources;
import io.jukung.runtime.service.UpdateRuntimeConfig;
import io.jukung.runtime.service.Version;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.shim.ShimPool;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.stats.PodInterfaces;
import io.jukung.runtime.stats.StatsFiles;
import io.jukung.runtime.stats.UsageOfContainers;
import io.jukung.runtime.stats.UsageOfPods;
import io.jukung.runtime.stats.WritableLayerWatch;
import io.jukung.runtime.store.ChangeListener;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.Ownership;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.volume.VolumeRelease;
import io.jukung.runtime.volume.Volumes;
import io.jukung.shim.v1.LaunchPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts that make and end pods and containers, and the calls of the runtime service. */
final class PodParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PodParts.class);

  /** Far longer than the kernel takes to refuse or allow what the probe tries. */
  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(10);

  private final Supplier<Config> current;
  private final StatePaths paths;
  private final ContainerImages images;
  private final ContainerViews views;
  private final HostFacts facts;
  private final Criu criu;
  private final Restores restores;
  private final StateFiles files;
  private final ContainerSpecs containerSpecs;
  private final SandboxStore sandboxes = new SandboxStore();
  private final ContainerStore containers = new ContainerStore();
  private final StatsFiles statsFiles = new StatsFiles();
  private final PodShims shims = new PodShims();
  private final PodCgroupDriver cgroupDriver;
  private final PodCgroups cgroups;
  private final Freezer freezer = new Freezer();
  private final SeccompFilters filters = new SeccompFilters();
  private final AppArmor appArmor = new AppArmor(Path.of("/sys"));
  private final Selinux selinux = new Selinux(Path.of("/"));
  private final PathWork pathWork = new PathWork();
  private final LaunchCompiler compiler;
  private final NetworkParts networks;
  private final Handlers handlers;
  private final OciContainers runtimes;
  private final LinuxPodHost host;
  private final ContainerEvents changes;
  private final PodEvents events;
  private final UnreportedExits exits;
  private final ShimPool pool;
  private final SandboxLifecycle lifecycle;
  private final ContainerLimits limits;
  private final @Nullable Nri nri;
  private final LifecyclePlugins plugins;
  private final ContainerStopper containerStopper;
  private final SandboxStopper sandboxStopper;
  private final NamedLocks lives = new NamedLocks();
  private final OwnContainers own = new OwnContainers(sandboxes, containers);
  private final Restarts restarts;
  private final PodRest rest;
  private final LogPolicy logs;
  private final WritableLayerLimits layerLimits;
  private final WritableLayerWatch layerWatch;
  private final ContainerHooks hooks;
  private final LeftOutOutput leftOut = new LeftOutOutput();
  private final ContainerStarter starter;
  private final StartAgain startAgain;
  private final Volumes volumes;
  private final ExecSync execSync;
  private final HealthProbes health;
  private final Recovery recovery;
  private final ContainerExec execs;
  private final Standstill standstill;
  private final Checkpoints checkpoints;
  private final CdiDevices cdiDevices;
  private final SpecBuilder specs;
  private final Thread probe;
  private final BuildPods.Calls podCalls;
  private final BuildPods buildPods;

  /**
   * @param current the configuration that holds; its first answer is used to make the parts
   */
  PodParts(Supplier<Config> current, StatePaths paths, ContainerImages images)
      throws IOException, ConfigException {
    this.current = current;
    Config config = current.get();
    this.paths = paths;
    this.images = images;
    this.views = new ContainerViews(images::names);
    this.facts = HostFacts.read();
    this.criu = new Criu(() -> current.get().checkpoint());
    this.files = StateFiles.withBackgroundDeletions(paths);
    this.containerSpecs = new ContainerSpecs(files);
    CgroupMount cgroupMount = CgroupMount.find();
    this.cgroupDriver = cgroupDriver(cgroupMount, config.cgroup());
    this.cgroups =
        new PodCgroups(
            cgroupMount,
            cgroupDriver,
            switch (config.cgroup().missingController()) {
              case ERROR -> PodCgroups.MissingController.ERROR;
              case IGNORE -> PodCgroups.MissingController.IGNORE;
            });
    this.compiler =
        new LaunchCompiler(
            mountPoints(paths), cgroupMount.directory(), facts.capabilities(), filters);
    this.handlers = new Handlers(config.handlers(), sandboxes);
    this.runtimes = new OciContainers(handlers, files, compiler, pathWork);
    this.restores = new Restores(criu, paths, images, compiler, filters);
    PodNetwork network = new PodNetwork(config.cni(), paths.podCidrs());
    Ownership ownership = new Ownership(paths.root(), Ownership.REGISTRY);
    cgroups.claim(ownership);
    network.claim(ownership);
    this.networks = new NetworkParts(files, network, config.network(), sandboxes, containers);
    this.host =
        new LinuxPodHost(
            paths, network, networks.memberships(), new SandboxFiles(paths), config.network());
    this.changes = new ContainerEvents(sandboxes, containers, views);
    DescriptorLoop loop = DescriptorLoop.start("shims");
    this.exits = new UnreportedExits(loop, shims, files);
    this.containerStopper = new ContainerStopper(files, shims, cgroups, freezer);
    this.limits = new ContainerLimits(cgroups);
    this.nri =
        config.nri().enable()
            ? NriParts.of(
                config.nri(),
                sandboxes,
                containers,
                containerSpecs,
                paths,
                limits,
                containerStopper)
            : null;
    this.plugins = nri == null ? LifecyclePlugins.NONE : nri;
    this.cdiDevices = new CdiDevices(config.cdi().specDirs(), config.cdi().hookDirs());
    this.hooks =
        new ContainerHooks(paths, containerSpecs, compiler, cdiDevices, config.cdi().hookTimeout());
    this.events = new PodEvents(sandboxes, containers, files, shims, cgroups, leftOut, hooks);
    this.pool =
        ShimPool.open(
            new ShimPool.Settings(
                Installation.shimCommand(config.shim()),
                paths.spares(),
                config.shim().spare(),
                config.shim().maxSpare(),
                cgroups.shims().directory(),
                new ShimPool.Rehearsal(rehearsal(compiler), cgroups.rehearsals())),
            events,
            loop);
    this.lifecycle = new SandboxLifecycle(files, host, pool, shims, cgroups, compiler);
    this.sandboxStopper =
        new SandboxStopper(containers, files, lifecycle, containerStopper, cgroups, plugins);
    this.rest = new PodRest(sandboxes, containers, sandboxStopper, paths, lives);
    this.restarts = new Restarts(own, containers, files);
    this.volumes = new Volumes(files, containers);
    this.execs =
        new ContainerExec(containers, containerSpecs, shims, cgroups, compiler, freezer, runtimes);
    this.execSync = new ExecSync(execs);
    this.health = new HealthProbes(sandboxes, containers, cgroups, execSync::call);
    ChangeListener listeners = ChangeListener.both(ChangeListener.both(changes, statsFiles), exits);
    listeners = ChangeListener.both(ChangeListener.both(listeners, rest), restarts);
    listeners = ChangeListener.both(listeners, new VolumeRelease(volumes));
    listeners = ChangeListener.both(listeners, health);
    this.layerLimits = new WritableLayerLimits(paths, config.writableLayer());
    this.layerWatch = new WritableLayerWatch(containers, paths, layerLimits, containerStopper);
    listeners = ChangeListener.both(listeners, layerWatch);
    listeners = nri == null ? listeners : ChangeListener.both(listeners, nri);
    sandboxes.listen(listeners);
    containers.listen(listeners);
    this.logs = new LogPolicy(own, config.containerLog());
    this.starter =
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
            logs,
            hooks,
            runtimes,
            restores);
    this.startAgain =
        new StartAgain(
            own,
            sandboxes,
            images,
            new PodRevival(files, lifecycle, sandboxStopper, plugins),
            starter,
            rest,
            lives,
            restarts);
    this.recovery =
        new Recovery(
            files,
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
                containerStopper,
                pool,
                cgroups,
                events,
                exits::watch),
            networks.podNetworks(host));
    this.standstill = new Standstill(paths, cgroups, containers, freezer);
    this.checkpoints =
        new Checkpoints(
            criu, sandboxes, containers, containerSpecs, paths, cgroups, freezer, standstill);
    this.specs =
        new SpecBuilder(paths, facts.maxOpenFiles(), cdiDevices, new LabelRules(appArmor, selinux));
    this.probe =
        Thread.ofPlatform().daemon().name("probe").unstarted(host::missingForUserNamespaces);
    this.podCalls = podCalls();
    this.buildPods = new BuildPods(sandboxes, containers, podCalls);
  }

  private BuildPods.Calls podCalls() {
    ContainerRemover remover =
        new ContainerRemover(
            containers,
            files,
            containerSpecs,
            images,
            shims,
            cgroups,
            containerStopper,
            plugins,
            runtimes);
    return new BuildPods.Calls(
        new RunPodSandbox(
            sandboxes,
            files,
            lifecycle,
            cgroups,
            specs,
            pathWork,
            plugins,
            handlers,
            new PodUsers(sandboxes, Path.of("/etc"))),
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
            layerLimits,
            restores),
        starter,
        remover,
        new RemovePodSandbox(
            sandboxes, containers, files, sandboxStopper, remover, cgroups, plugins));
  }

  /** The pods in which the commands of builds run. */
  BuildPods buildPods() {
    return buildPods;
  }

  /**
   * What a spare shim launches before its first pod: a process that does nothing, in namespaces of
   * its own. No network namespace: it takes long to make.
   */
  private static LaunchPlan rehearsal(LaunchCompiler compiler) {
    List<Spec.Namespace> own =
        List.of(new Spec.Namespace("ipc", null), new Spec.Namespace("uts", null));
    return compiler.reaper(own, Optional.empty(), "").toPlan().toBuilder().clearCgroup().build();
  }

  /**
   * Takes over the settings for what begins from now on.
   *
   * @param shimCommand the result of {@link Installation#shimCommand} for this configuration
   */
  void reconfigure(Config config, List<String> shimCommand) {
    host.reconfigure(config.network(), config.cni());
    networks.reconfigure(config.network());
    logs.use(config.containerLog());
    layerLimits.use(config.writableLayer());
    cdiDevices.use(config.cdi().specDirs(), config.cdi().hookDirs());
    hooks.use(config.cdi().hookTimeout());
    pool.reconfigure(shimCommand, config.shim().spare(), config.shim().maxSpare());
  }

  SandboxStore sandboxes() {
    return sandboxes;
  }

  /** How the log names the container or the sandbox with this id. */
  Optional<String> nameOf(String id) {
    Optional<Container> container =
        containers.all().stream().filter(each -> each.id().equals(id)).findFirst();
    return container.isPresent()
        ? container.map(each -> LogNames.container(each.record()))
        : sandboxes.all().stream()
            .filter(each -> each.id().equals(id))
            .findFirst()
            .map(each -> LogNames.pod(each.record()));
  }

  ContainerStore containers() {
    return containers;
  }

  PodShims shims() {
    return shims;
  }

  ContainerExec execs() {
    return execs;
  }

  CommitContainer commit(ImageCommitter committer) {
    return new CommitContainer(sandboxes, containers, containerSpecs, paths, standstill, committer);
  }

  PathWork pathWork() {
    return pathWork;
  }

  /** What metrics are read from. */
  NodeMetrics.Sources metricSources(IntSupplier imageCount, IntSupplier pulls) {
    return new NodeMetrics.Sources(
        sandboxes,
        containers,
        imageCount,
        pulls,
        shims,
        pool::counts,
        leftOut::bytes,
        recovery::report);
  }

  /** Recovers the pods of an earlier daemon. Must return before the first call is served. */
  void recover() throws IOException, InterruptedException {
    volumes.load(); // pods that are taken up, and containers that start again, look for volumes
    networks.load();
    var _ = recovery.run().thenRun(this::takenUp);
    networks.takeUp(host);
    standstill.recover();
    checkpoints.recover();
    if (nri != null) {
      nri.start();
    }
    // The first Status tells the result. Not before recovery, which removes unknown directories.
    probe.start();
    handlers.begin();
  }

  /** Begins what needs to know all pods of the earlier daemon. */
  private void takenUp() {
    rest.begin();
    volumes.unmountUnused();
    health.begin();
    layerWatch.begin();
    restarts.begin(startAgain::restart);
    buildPods.removeLeft();
  }

  /** Begins the work that the first answers do not need. */
  void served() {
    Thread.ofPlatform().daemon().name("seccomp").start(this::compileUsualFilter);
    new NetworkUpkeep(sandboxes, host).start();
  }

  RuntimeEndpoint runtimeService(StreamingParts streaming) {
    SecurityReport security = new SecurityReport(filters, appArmor, selinux, streaming);
    Selection selection = new Selection(sandboxes, containers);
    ListPodSandbox listPodSandbox = new ListPodSandbox(selection);
    ListContainers listContainers = new ListContainers(selection, views);
    return new RuntimeEndpoint(
        new RuntimeEndpoint.Calls(
            new Version(Release.version()),
            new Status(host, handlers, () -> ConfigJson.of(current.get()), security::entries),
            new RuntimeConfig(cgroupDriver.kind()),
            new UpdateRuntimeConfig(host),
            podCalls.run(),
            new StopPodSandbox(sandboxes, containers, sandboxStopper, restarts),
            podCalls.remove(),
            new PodSandboxStatus(sandboxes, containers, views, paths),
            listPodSandbox,
            new StreamPodSandboxes(listPodSandbox::call),
            podCalls.create(),
            new StartContainer(containers, starter),
            new StopContainer(containers, containerStopper, plugins, restarts),
            new RemoveContainer(containers, podCalls.remover()),
            listContainers,
            new StreamContainers(listContainers::call),
            new ContainerStatus(containers, views, files, compiler, pathWork),
            new UpdateContainerResources(containers, limits, plugins),
            new UpdatePodSandboxResources(sandboxes, files, cgroups, plugins),
            new ReopenContainerLog(containers, shims),
            new CheckpointContainer(sandboxes, containers, checkpoints),
            execSync,
            streaming.exec(),
            streaming.attach(),
            streaming.portForward(),
            new GetContainerEvents(changes)),
        usageCalls(selection));
  }

  private RuntimeEndpoint.UsageCalls usageCalls(Selection selection) {
    PodInterfaces interfaces = new PodInterfaces(paths);
    UsageOfContainers usageOfContainers =
        new UsageOfContainers(containers, paths, cgroups, statsFiles);
    UsageOfPods usageOfPods =
        new UsageOfPods(sandboxes, containers, usageOfContainers, interfaces, cgroups, statsFiles);
    ListContainerStats listContainerStats = new ListContainerStats(selection, usageOfContainers);
    ListPodSandboxStats listPodSandboxStats = new ListPodSandboxStats(selection, usageOfPods);
    ListPodSandboxMetrics listPodSandboxMetrics =
        new ListPodSandboxMetrics(
            sandboxes, containers, usageOfContainers, interfaces, cgroups, paths);
    return new RuntimeEndpoint.UsageCalls(
        new ContainerStats(containers, usageOfContainers),
        listContainerStats,
        new StreamContainerStats(listContainerStats::call),
        new PodSandboxStats(sandboxes, usageOfPods),
        listPodSandboxStats,
        new StreamPodSandboxStats(listPodSandboxStats::call),
        new ListMetricDescriptors(),
        listPodSandboxMetrics,
        new StreamPodSandboxMetrics(listPodSandboxMetrics::call));
  }

  ContainersEndpoint containersService(StreamingParts streaming) {
    ContainerRoots roots = new ContainerRoots(own, sandboxes, images, cgroups, paths, lives);
    return new ContainersEndpoint(
        new ContainersEndpoint.Calls(
            new PauseContainer(own, cgroups, freezer),
            new Conditions(containers, own, cgroups, restarts, health),
            new SignalContainer(own, containerStopper, plugins, restarts),
            new AwaitContainer(own),
            new ProcessList(own, cgroups),
            new PublishedPorts(own, sandboxes),
            new RenameContainer(own, sandboxes, containers, files),
            new SetRestartPolicy(own, restarts),
            startAgain,
            new RootDifference(containers, containerSpecs, roots),
            new StatPath(containers, roots),
            new CopyOut(containers, roots),
            new CopyIn(own, roots),
            streaming.execAs(containerSpecs)));
  }

  VolumesEndpoint volumesService() {
    return new VolumesEndpoint(volumes);
  }

  NetworksEndpoint networksService() {
    return networks.service(own, host, lives);
  }

  Diagnose diagnose() {
    return new Diagnose(
        () ->
            Doctor.of(new LinuxHostView(), current.get(), host::networkReadiness)
                .with(recovery::orphans));
  }

  ListCreations listCreations() {
    return new ListCreations(sandboxes, containers);
  }

  OrphanRepair orphanRepair() {
    return new OrphanRepair(recovery, host);
  }

  /** Ends the calls that would last for ever. */
  void endSubscriptions() {
    changes.close();
  }

  @Override
  public void close() throws IOException {
    if (nri != null) {
      nri.close();
    }
    recovery.close();
    exits.close();
    networks.close();
    awaitProbe();
    pool.close();
    cgroupDriver.close();
    cgroups.removeUnusedShims();
  }

  /** The probe makes files in the state directory, which may be removed after close(). */
  private void awaitProbe() {
    try {
      probe.join(PROBE_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Creates the two directories that every launch mounts on, in a mount namespace of the launch.
   */
  private static Path mountPoints(StatePaths paths) throws IOException {
    Path directory = paths.mounts();
    StatePaths.createPrivate(paths.rootMountPoint());
    StatePaths.createPrivate(directory.resolve("mask"));
    return directory;
  }

  private static PodCgroupDriver cgroupDriver(CgroupMount mount, Config.Cgroup settings) {
    return switch (settings.driver()) {
      case CGROUPFS -> new CgroupfsDriver(mount, settings.root());
      case SYSTEMD -> new SystemdDriver(mount, settings.root(), new SystemdBus());
    };
  }

  /**
   * Compiles the usual seccomp filter before the first container needs it. That takes a cold JVM
   * 140 ms of processor time.
   */
  private void compileUsualFilter() {
    if (filters.missing().isPresent()) {
      return; // a container that asks for a profile gets the reason as its error
    }
    try {
      filters.of(specs.usualSeccomp());
    } catch (IOException e) {
      LOG.warn("the seccomp profile RuntimeDefault cannot be compiled: {}", e.getMessage());
    }
  }
}
