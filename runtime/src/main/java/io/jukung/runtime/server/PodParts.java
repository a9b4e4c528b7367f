package io.jukung.runtime.server;

import io.jukung.cri.client.Release;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.cgroup.CgroupfsDriver;
import io.jukung.runtime.cgroup.PodCgroupDriver;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.cgroup.SystemdBus;
import io.jukung.runtime.cgroup.SystemdDriver;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.Installation;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.SeccompFilters;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.pod.PodEvents;
import io.jukung.runtime.pod.SandboxLifecycle;
import io.jukung.runtime.pod.SandboxStopper;
import io.jukung.runtime.recovery.NetworkUpkeep;
import io.jukung.runtime.recovery.Recovery;
import io.jukung.runtime.recovery.SandboxReconciler;
import io.jukung.runtime.sandboxfiles.SandboxFiles;
import io.jukung.runtime.service.ContainerStats;
import io.jukung.runtime.service.ContainerStatus;
import io.jukung.runtime.service.CreateContainer;
import io.jukung.runtime.service.ExecSync;
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
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.stats.PodInterfaces;
import io.jukung.runtime.stats.UsageOfContainers;
import io.jukung.runtime.stats.UsageOfPods;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts that make and end pods and containers, and the calls of the runtime service. */
final class PodParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PodParts.class);

  private final Config config;
  private final StatePaths paths;
  private final ContainerImages images;
  private final HostFacts facts;
  private final StateFiles files;
  private final SandboxStore sandboxes = new SandboxStore();
  private final ContainerStore containers = new ContainerStore();
  private final PodShims shims = new PodShims();
  private final PodCgroupDriver cgroupDriver;
  private final PodCgroups cgroups;
  private final SeccompFilters filters = new SeccompFilters();
  private final AppArmor appArmor = new AppArmor(Path.of("/sys"));
  private final Selinux selinux = new Selinux(Path.of("/"));
  private final PathWork pathWork = new PathWork();
  private final LaunchCompiler compiler;
  private final LinuxPodHost host;
  private final PodEvents events;
  private final ShimPool pool;
  private final SandboxLifecycle lifecycle;
  private final ContainerStopper containerStopper;
  private final SandboxStopper sandboxStopper;
  private final ContainerExec execs;

  PodParts(Config config, StatePaths paths, ContainerImages images)
      throws IOException, ConfigException {
    this.config = config;
    this.paths = paths;
    this.images = images;
    this.facts = HostFacts.read();
    this.files = new StateFiles(paths);
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
    this.host =
        new LinuxPodHost(
            paths, new PodNetwork(config.cni(), paths.podCidrs()), new SandboxFiles(paths));
    this.events = new PodEvents(sandboxes, containers, files, shims, cgroups);
    this.pool =
        ShimPool.open(
            new ShimPool.Settings(
                Installation.shimCommand(config.shim()),
                paths.spares(),
                config.shim().spare(),
                shimCgroup(cgroups)),
            events);
    this.lifecycle = new SandboxLifecycle(files, host, pool, shims, cgroups, compiler);
    this.containerStopper = new ContainerStopper(files, shims, cgroups);
    this.sandboxStopper =
        new SandboxStopper(containers, files, lifecycle, containerStopper, cgroups);
    this.execs = new ContainerExec(containers, files, shims, cgroups, compiler);
  }

  SandboxStore sandboxes() {
    return sandboxes;
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

  PathWork pathWork() {
    return pathWork;
  }

  /** Recovers the pods of an earlier daemon. Must end before the first call is served. */
  void recover() throws IOException, InterruptedException {
    SandboxReconciler reconciler =
        new SandboxReconciler(files, sandboxes, containers, lifecycle, pool, cgroups, events);
    new Recovery(files, sandboxes, containers, images, cgroups, reconciler).run();
    new NetworkUpkeep(sandboxes, host).start();
  }

  RuntimeEndpoint runtimeService(StreamingParts streaming) {
    ContainerRemover remover =
        new ContainerRemover(containers, files, images, shims, cgroups, containerStopper);
    String configJson = ConfigJson.of(config);
    SecurityReport security = new SecurityReport(filters, appArmor, selinux, streaming);
    Selection selection = new Selection(sandboxes, containers);
    ListPodSandbox listPodSandbox = new ListPodSandbox(selection);
    ListContainers listContainers = new ListContainers(selection);
    SpecBuilder specs =
        new SpecBuilder(
            paths,
            facts.maxOpenFiles(),
            new CdiDevices(config.cdi().specDirs()),
            new LabelRules(appArmor, selinux));
    Thread.ofPlatform().daemon().name("seccomp").start(() -> compileUsualFilter(specs));
    return new RuntimeEndpoint(
        new RuntimeEndpoint.Calls(
            new Version(Release.version()),
            new Status(host, () -> configJson, security::entries),
            new RuntimeConfig(cgroupDriver.kind()),
            new UpdateRuntimeConfig(host),
            new RunPodSandbox(sandboxes, files, lifecycle, cgroups),
            new StopPodSandbox(sandboxes, sandboxStopper),
            new RemovePodSandbox(sandboxes, containers, files, sandboxStopper, remover, cgroups),
            new PodSandboxStatus(sandboxes, containers, paths),
            listPodSandbox,
            new StreamPodSandboxes(listPodSandbox::call),
            new CreateContainer(
                sandboxes, containers, files, images, specs, cgroups, filters, pathWork),
            new StartContainer(sandboxes, containers, files, shims, cgroups, compiler, pathWork),
            new StopContainer(containers, containerStopper),
            new RemoveContainer(containers, remover),
            listContainers,
            new StreamContainers(listContainers::call),
            new ContainerStatus(containers, files, compiler, pathWork),
            new UpdateContainerResources(containers, cgroups),
            new UpdatePodSandboxResources(sandboxes, files, cgroups),
            new ReopenContainerLog(containers, shims),
            new ExecSync(execs),
            streaming.exec(),
            streaming.attach(),
            streaming.portForward()),
        usageCalls(selection));
  }

  private RuntimeEndpoint.UsageCalls usageCalls(Selection selection) {
    PodInterfaces interfaces = new PodInterfaces(paths);
    UsageOfContainers usageOfContainers = new UsageOfContainers(containers, paths, cgroups);
    UsageOfPods usageOfPods =
        new UsageOfPods(sandboxes, containers, usageOfContainers, interfaces, cgroups);
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

  @Override
  public void close() throws IOException {
    pool.close();
    cgroupDriver.close();
    cgroups.removeUnusedShims();
  }

  /**
   * Creates the two directories that every launch mounts on, in a mount namespace of the launch.
   */
  private static Path mountPoints(StatePaths paths) throws IOException {
    Path directory = paths.state().resolve("mounts");
    StatePaths.createPrivate(directory.resolve("rootfs"));
    StatePaths.createPrivate(directory.resolve("mask"));
    return directory;
  }

  private static PodCgroupDriver cgroupDriver(CgroupMount mount, Config.Cgroup settings) {
    return switch (settings.driver()) {
      case CGROUPFS -> new CgroupfsDriver(mount, settings.root());
      case SYSTEMD -> new SystemdDriver(mount, settings.root(), new SystemdBus());
    };
  }

  private static Path shimCgroup(PodCgroups cgroups) throws IOException {
    Cgroup cgroup = cgroups.shims();
    cgroups.create(cgroup);
    return cgroup.directory();
  }

  /**
   * Compiles the usual seccomp filter before the first container needs it. That takes a cold JVM
   * 140 ms of processor time.
   */
  private void compileUsualFilter(SpecBuilder specs) {
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
