package io.jukung.runtime.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jukung.cri.CriException;
import io.jukung.cri.client.Release;
import io.jukung.image.ImageExporter;
import io.jukung.image.ImageImporter;
import io.jukung.image.ImagePuller;
import io.jukung.image.ImageStore;
import io.jukung.image.ImageStoreSettings;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.registry.ImageReference;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.image.registry.RegistryTimeouts;
import io.jukung.image.service.Check;
import io.jukung.image.service.ExplainPull;
import io.jukung.image.service.Export;
import io.jukung.image.service.ImageFsInfo;
import io.jukung.image.service.ImageStatus;
import io.jukung.image.service.Import;
import io.jukung.image.service.ListImages;
import io.jukung.image.service.Pull;
import io.jukung.image.service.PullImage;
import io.jukung.image.service.RemoveImage;
import io.jukung.image.service.StreamImages;
import io.jukung.image.service.Tag;
import io.jukung.image.service.Usage;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.call.Selection;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.cgroup.CgroupDriver;
import io.jukung.runtime.cgroup.CgroupfsDriver;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.cgroup.SystemdBus;
import io.jukung.runtime.cgroup.SystemdDriver;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.config.ConfigKeys;
import io.jukung.runtime.config.Installation;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerRemover;
import io.jukung.runtime.container.ContainerStopper;
import io.jukung.runtime.container.StoredImages;
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
import io.jukung.runtime.service.Attach;
import io.jukung.runtime.service.ContainerStats;
import io.jukung.runtime.service.ContainerStatus;
import io.jukung.runtime.service.CreateContainer;
import io.jukung.runtime.service.Exec;
import io.jukung.runtime.service.ExecSync;
import io.jukung.runtime.service.ListContainerStats;
import io.jukung.runtime.service.ListContainers;
import io.jukung.runtime.service.ListMetricDescriptors;
import io.jukung.runtime.service.ListPodSandbox;
import io.jukung.runtime.service.ListPodSandboxMetrics;
import io.jukung.runtime.service.ListPodSandboxStats;
import io.jukung.runtime.service.PodSandboxStats;
import io.jukung.runtime.service.PodSandboxStatus;
import io.jukung.runtime.service.PortForward;
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
import io.jukung.runtime.streaming.server.StreamingServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Scanner;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything behind the calls, wired. Part of the composition root, {@link Daemon}. */
final class NodeParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeParts.class);

  private final Config config;
  private final StatePaths paths;
  private final StateFiles files;
  private final SandboxStore sandboxes = new SandboxStore();
  private final ContainerStore containers = new ContainerStore();
  private final PodShims shims = new PodShims();
  private final CgroupMount cgroupMount;
  private final CgroupDriver cgroupDriver;
  private final PodCgroups cgroups;
  private final SeccompFilters filters = new SeccompFilters();
  private final AppArmor appArmor = new AppArmor(Path.of("/sys"));
  private final Selinux selinux = new Selinux(Path.of("/"));
  private final LaunchCompiler compiler;
  private final ImageStore images;
  private final ImagePuller puller;
  private final StoredImages containerImages;
  private final LinuxPodHost host;
  private final PodEvents events;
  private final ShimPool pool;
  private final SandboxLifecycle lifecycle;
  private final ContainerStopper containerStopper;
  private final SandboxStopper sandboxStopper;
  private final ContainerExec execs;
  private final StreamingServer streaming;

  NodeParts(Config config) throws IOException, ConfigException {
    this.config = config;
    this.paths = new StatePaths(config.root(), config.state());
    paths.createDirectories();
    this.files = new StateFiles(paths);
    this.cgroupMount = CgroupMount.find();
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
        new LaunchCompiler(mountPoints(paths), cgroupMount.directory(), ownCapabilities(), filters);
    this.images = ImageStore.open(imageSettings());
    this.puller =
        new ImagePuller(
            images,
            new RegistryClient(
                new RegistryHosts(config.image().registryConfigDir()), registryTimeouts()));
    this.containerImages = new StoredImages(images);
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
    this.containerStopper = new ContainerStopper(shims, cgroups);
    this.sandboxStopper =
        new SandboxStopper(containers, files, lifecycle, containerStopper, cgroups);
    this.execs = new ContainerExec(containers, files, shims, cgroups, compiler);
    this.streaming =
        new StreamingServer(config.streaming(), execs, containers, sandboxes, shims, paths);
  }

  /** Takes up what an earlier daemon has left; to be done before the first call is served. */
  void recover() throws IOException, InterruptedException {
    SandboxReconciler reconciler =
        new SandboxReconciler(files, sandboxes, containers, lifecycle, pool, cgroups, events);
    new Recovery(files, sandboxes, containers, containerImages, cgroups, reconciler).run();
    new NetworkUpkeep(sandboxes, host).start();
  }

  RuntimeEndpoint runtimeService() throws IOException {
    ContainerRemover remover =
        new ContainerRemover(containers, files, containerImages, shims, cgroups, containerStopper);
    Selection selection = new Selection(sandboxes, containers);
    ListPodSandbox listPodSandbox = new ListPodSandbox(selection);
    ListContainers listContainers = new ListContainers(selection);
    SpecBuilder specs =
        new SpecBuilder(
            paths,
            openFiles(),
            new CdiDevices(config.cdi().specDirs()),
            new LabelRules(appArmor, selinux));
    Thread.ofPlatform().daemon().name("seccomp").start(() -> compileUsualFilter(specs));
    return new RuntimeEndpoint(
        new RuntimeEndpoint.Calls(
            new Version(Release.version()),
            new Status(host, configJson(config), this::security),
            new RuntimeConfig(cgroupDriver.kind()),
            new UpdateRuntimeConfig(host),
            new RunPodSandbox(sandboxes, files, lifecycle, cgroups),
            new StopPodSandbox(sandboxes, sandboxStopper),
            new RemovePodSandbox(sandboxes, containers, files, sandboxStopper, remover, cgroups),
            new PodSandboxStatus(sandboxes, containers, paths),
            listPodSandbox,
            new StreamPodSandboxes(listPodSandbox::call),
            new CreateContainer(
                sandboxes, containers, files, containerImages, specs, cgroups, filters),
            new StartContainer(sandboxes, containers, files, shims, cgroups, compiler),
            new StopContainer(containers, containerStopper),
            new RemoveContainer(containers, remover),
            listContainers,
            new StreamContainers(listContainers::call),
            new ContainerStatus(containers, files, compiler),
            new UpdateContainerResources(containers, cgroups),
            new UpdatePodSandboxResources(sandboxes, files, cgroups),
            new ReopenContainerLog(containers, shims),
            new ExecSync(execs),
            new Exec(execs, streaming),
            new Attach(containers, streaming),
            new PortForward(sandboxes, streaming)),
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

  ImageEndpoint imageService() {
    ListImages list = new ListImages(images);
    return new ImageEndpoint(
        new ImageEndpoint.Calls(
            list,
            new StreamImages(list),
            new ImageStatus(images),
            new PullImage(puller),
            new RemoveImage(images),
            new ImageFsInfo(images, paths.containers())));
  }

  JukungEndpoint jukungService() {
    return new JukungEndpoint(
        new JukungEndpoint.Calls(
            new Pull(puller),
            new ExplainPull(puller),
            new Import(new ImageImporter(images)),
            new Export(new ImageExporter(images)),
            new Tag(images),
            new Check(images, puller),
            new Usage(images, paths.containers())));
  }

  @Override
  public void close() throws IOException {
    streaming.close();
    pool.close();
    cgroupDriver.close();
    cgroups.removeUnusedShims(); // where no pod runs on
  }

  private RegistryTimeouts registryTimeouts() {
    return new RegistryTimeouts(
        config.registry().connectTimeout(),
        config.registry().responseTimeout(),
        config.registry().idleTimeout(),
        config.registry().progressTimeout(),
        RegistryTimeouts.DEFAULT.backOff());
  }

  private ImageStoreSettings imageSettings() throws IOException {
    LayerLimits limits =
        new LayerLimits(
            config.image().maxLayerSize().bytes(),
            LayerLimits.DEFAULT.maxEntries(),
            config.image().reservedSpace().bytes());
    Optional<LayerFormat> format =
        switch (config.image().layerFormat()) {
          case AUTO -> Optional.empty();
          case EROFS -> Optional.of(LayerFormat.EROFS);
          case DIRECTORY -> Optional.of(LayerFormat.DIRECTORY);
        };
    return new ImageStoreSettings(
        paths.images(), limits, format, config.image().maxDownloads(), pinnedReferences());
  }

  private Set<String> pinnedReferences() throws IOException {
    Set<String> references = new HashSet<>();
    for (String text : config.image().pinned()) {
      try {
        references.add(ImageReference.parse(text).toString());
      } catch (CriException e) {
        throw new IOException("image.pinned: " + e.getMessage(), e);
      }
    }
    return references;
  }

  /** The two directories that every launch mounts on, in its own mount namespace. */
  private static Path mountPoints(StatePaths paths) throws IOException {
    Path directory = paths.state().resolve("mounts");
    StatePaths.createPrivate(directory.resolve("rootfs"));
    StatePaths.createPrivate(directory.resolve("mask"));
    return directory;
  }

  private static CgroupDriver cgroupDriver(CgroupMount mount, Config.Cgroup settings) {
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

  /** For who asks verbosely; it holds no secret. */
  private static Supplier<String> configJson(Config config) throws IOException {
    String json = new ObjectMapper().writeValueAsString(ConfigKeys.flatten(config));
    return () -> json;
  }

  /** So that the first container need not wait for it: 140 ms of a cold JVM's processor time. */
  private void compileUsualFilter(SpecBuilder specs) {
    if (filters.missing().isPresent()) {
      return; // who asks for a profile is told
    }
    try {
      filters.of(specs.usualSeccomp());
    } catch (IOException e) {
      LOG.warn("RuntimeDefault's seccomp profile: {}", e.getMessage());
    }
  }

  /** In words of JSON, as verbose answers are. */
  private Map<String, String> security() {
    Map<String, String> info = new TreeMap<>();
    info.put("seccomp", word(filters.missing()));
    info.put("selinux", word(selinux.missing()));
    try {
      info.put("apparmor", word(appArmor.missing()));
    } catch (IOException e) {
      info.put("apparmor", word(Optional.of(String.valueOf(e.getMessage()))));
    }
    streaming
        .certificateSha256()
        .ifPresent(sha256 -> info.put("streamingCertificate", TextNode.valueOf(sha256).toString()));
    return info;
  }

  private static String word(Optional<String> missing) {
    return TextNode.valueOf(missing.orElse("available")).toString();
  }

  private static long ownCapabilities() throws IOException {
    return Long.parseUnsignedLong(procField(Path.of("/proc/self/status"), "CapPrm:"), 16);
  }

  /** The hard limit of open files: what a container may raise its own to. */
  private static long openFiles() throws IOException {
    String limits = procField(Path.of("/proc/self/limits"), "Max open files");
    Scanner words = new Scanner(limits); // soft limit, hard limit, unit
    words.next();
    return words.nextLong();
  }

  private static String procField(Path file, String label) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(label)) {
        return line.substring(label.length()).trim();
      }
    }
    throw new IOException("no \"" + label + "\" in " + file);
  }
}
