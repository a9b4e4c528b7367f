package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.CreateContainerResponse;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.Signal;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.DraftOverlay;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.linux.process.Signals;
import io.jukung.linux.seccomp.ProfileException;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.RequestText;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.call.StepTimer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.checkpoint.Restores;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.ImageVolumes;
import io.jukung.runtime.container.LifecyclePlugins;
import io.jukung.runtime.container.SharedNamespaces;
import io.jukung.runtime.container.TargetContainer;
import io.jukung.runtime.container.WritableLayerLimits;
import io.jukung.runtime.handler.OciContainers;
import io.jukung.runtime.launch.SeccompFilters;
import io.jukung.runtime.own.ContainerOptions;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.spec.ContainerUser;
import io.jukung.runtime.spec.MountRules;
import io.jukung.runtime.spec.ResourceRecords;
import io.jukung.runtime.spec.ResourceRules;
import io.jukung.runtime.spec.RootfsTargets;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerRecord.Propagation;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.Creation;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import io.jukung.runtime.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** CreateContainer: makes a container, which can be started then. */
public final class CreateContainer {
  private static final Logger LOG = LoggerFactory.getLogger(CreateContainer.class);

  private static final String SECCOMP = "config.linux.security_context.seccomp";

  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final StateFiles files;
  private final ContainerSpecs created;
  private final PodShims shims;
  private final ContainerImages images;
  private final ImageVolumes imageVolumes;
  private final Volumes volumes;
  private final SpecBuilder specs;
  private final PodCgroups cgroups;
  private final SeccompFilters filters;
  private final PathWork pathWork;
  private final LifecyclePlugins plugins;
  private final OciContainers runtimes;
  private final WritableLayerLimits layerLimits;
  private final Restores restores;
  private final SharedNamespaces sharedNamespaces;
  private final SingleFlight<ContainerName, CreateContainerRequest, String> flights;

  public CreateContainer(
      SandboxStore sandboxes,
      ContainerStore containers,
      StateFiles files,
      ContainerSpecs created,
      PodShims shims,
      ContainerImages images,
      Volumes volumes,
      SpecBuilder specs,
      PodCgroups cgroups,
      SeccompFilters filters,
      PathWork pathWork,
      LifecyclePlugins plugins,
      OciContainers runtimes,
      WritableLayerLimits layerLimits,
      Restores restores) {
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.files = files;
    this.created = created;
    this.shims = shims;
    this.images = images;
    this.imageVolumes = new ImageVolumes(images, files.paths());
    this.volumes = volumes;
    this.specs = specs;
    this.cgroups = cgroups;
    this.filters = filters;
    this.pathWork = pathWork;
    this.plugins = plugins;
    this.runtimes = runtimes;
    this.layerLimits = layerLimits;
    this.restores = restores;
    this.sharedNamespaces = new SharedNamespaces(sandboxes, containers, files.paths());
    this.flights = SingleFlight.withProgress("CreateContainer", containers.names()::creation);
  }

  public CreateContainerResponse call(CreateContainerRequest request)
      throws IOException, InterruptedException {
    if (request.getConfig().getMetadata().getName().isEmpty()) {
      throw CriException.invalidArgument("CreateContainer: config.metadata.name is missing");
    }
    Sandbox sandbox = sandboxes.get(request.getPodSandboxId());
    ContainerConfig config =
        ContainerOptions.withMappedMounts(sandbox.record(), request.getConfig());
    specs.check(config, sandbox.record());
    ContainerName name =
        new ContainerName(
            sandbox.id(),
            config.getMetadata().getName(),
            Integer.toUnsignedLong(config.getMetadata().getAttempt()));
    String id = flights.join(name, request, () -> createApart(sandbox, name, config));
    if (containers.find(id).isEmpty()) {
      flights.forget(name); // the result of an earlier call, whose container is removed already
      id = flights.join(name, request, () -> createApart(sandbox, name, config));
    }
    return CreateContainerResponse.newBuilder().setContainerId(id).build();
  }

  /** The request's volumes, devices and profiles are looked up by path. */
  private String createApart(Sandbox sandbox, ContainerName name, ContainerConfig config)
      throws IOException {
    if (sandbox.isReady()) {
      shims.get(sandbox.id()); // without a shim that answers, nothing can be started in the pod
    }
    return pathWork.call(
        sandbox.id(), "CreateContainer " + name, () -> create(sandbox, name, config));
  }

  private String create(Sandbox sandbox, ContainerName name, ContainerConfig config)
      throws IOException {
    String id = ObjectId.random();
    StepTimer timer = new StepTimer("CreateContainer", id);
    try (LifecyclePlugins.Step _ = plugins.begin(id);
        Sandbox.Operation operation = sandbox.begin("CreateContainer " + name);
        Volumes.Hold held = volumes.hold(id, sources(config));
        Rollback rollback = Rollback.named("CreateContainer", id);
        Restores.Opened checkpoint = restores.open(sandbox.record(), config, id)) {
      rollback.undo("release image", () -> images.release(id));
      Creation creation = containers.names().reserve(name, id, "CreateContainer");
      rollback.follow(creation::at);
      rollback.undo("release name", () -> containers.names().release(name, id));
      ContainerImages.Use use = ContainerImages.Use.in(sandbox.record());
      ContainerImages.Found image = image(config, checkpoint, use);
      timer.step("image");

      creation.at("layers");
      StatePaths paths = files.paths();
      // A directory without container.json is no container: recovery deletes it.
      rollback.undo("delete directory", () -> files.deleteContainer(id));
      rollback.undo("forget specification", () -> created.forget(id));
      StatePaths.createPrivate(paths.container(id));
      createUpper(paths.containerUpper(id), sandbox.record().config().user());
      Files.createDirectory(paths.containerWork(id));
      layerLimits.limit(sandbox.record(), config.getAnnotationsMap(), id);
      List<Path> lowers = orEmptyDirectory(images.acquire(image.id(), id));
      checkpoint.unpack(id, lowers);
      List<ImageVolumes.Mounted> imageMounts = imageVolumes.requested(id, config, use);
      timer.step("layers");

      creation.at("volumes and specification");
      rollback.undo("tell the plugins", () -> plugins.undoCreateContainer(sandbox.record(), id));
      ContainerRecord record =
          makeRecords(
              sandbox.record(), id, name, config, image, lowers, imageMounts, held, checkpoint);
      Container container = new Container(files, record, ContainerStatusRecord.created());
      operation.finish(() -> containers.addCreated(container));
      rollback.commit();
      containers.names().created(name, id);
      timer.step("records");
      plugins.postCreateContainer(container);
      LOG.info("container {} created", LogNames.container(record));
    }
    timer.done();
    return id;
  }

  /**
   * An image may have no layers (config.md of the OCI image specification); overlayfs needs one.
   */
  private List<Path> orEmptyDirectory(List<Path> layers) {
    return layers.isEmpty() ? List.of(files.paths().emptyDirectory()) : layers;
  }

  /** Makes the overlay's upper directory, which is the container's root: its root user owns it. */
  private static void createUpper(Path upper, @Nullable IdMappings user) throws IOException {
    Files.createDirectory(upper);
    if (user != null) {
      Files.setAttribute(upper, "unix:uid", user.rootUser());
      Files.setAttribute(upper, "unix:gid", user.rootGroup());
    }
  }

  private ContainerImages.Found image(
      ContainerConfig config, Restores.Opened checkpoint, ContainerImages.Use use)
      throws IOException {
    if (config.getImage().getImage().isEmpty()) {
      throw CriException.invalidArgument("CreateContainer: config.image.image is empty");
    }
    String reference = checkpoint.image();
    ImageVolumes.checkImage("config.image", config.getImage());
    ContainerImages.Found image =
        images
            .find(reference)
            .orElseThrow(
                () ->
                    CriException.notFound(
                        "CreateContainer: image \"" + reference + "\" is not here; pull it first"));
    String named = config.getImage().getUserSpecifiedImage();
    images.checkPolicy(image, reference, checkpoint.isPresent() ? "" : named, use);
    return image;
  }

  private ContainerRecord makeRecords(
      SandboxRecord sandbox,
      String id,
      ContainerName name,
      ContainerConfig config,
      ContainerImages.Found image,
      List<Path> lowers,
      List<ImageVolumes.Mounted> imageMounts,
      Volumes.Hold held,
      Restores.Opened checkpoint)
      throws IOException {
    String cgroup = cgroups.container(sandbox, id).path();
    LifecyclePlugins.Draft draft;
    try (DraftOverlay overlay = overlay(sandbox, id, lowers)) {
      Fd root = overlay.root();
      ContainerOptions own = ContainerOptions.of(sandbox, config.getAnnotationsMap());
      fillVolumes(held, sandbox, config, own, root, lowers);
      List<Spec.Mount> mounts =
          new ArrayList<>(imageVolumes.declared(id, image.volumes(), config, root));
      imageMounts.forEach(each -> mounts.add(each.mount()));
      SpecBuilder.Input input =
          new SpecBuilder.Input(
              config,
              image.defaults(),
              sandbox,
              LinuxPodHost.hostname(sandbox.config()),
              cgroup,
              targetPid(sandbox, config),
              mounts);
      UnaryOperator<Spec> adjust =
          each -> sharedNamespaces.applyTo(own.applyTo(each), sandbox, own);
      SpecBuilder.Built built = specs.build(input, root);
      ContainerRecord asked =
          record(
              sandbox, id, name, config, image, lowers, mounts(config, imageMounts), built, cgroup);
      draft =
          plugins.createContainer(
              sandbox,
              new LifecyclePlugins.Draft(asked, adjust.apply(built.spec())),
              names -> adjust.apply(specs.build(input.withCdiDevices(names), root).spec()));
      Spec spec = draft.spec();
      runtimes.check(sandbox, spec);
      cgroups.check(ResourceRules.settings(spec.linux().resources()));
      compileFilter(spec.linux().seccomp());
      checkpoint.check(id, spec);
      RootfsTargets.make(root, spec);
    }
    files.createContainer(draft.record(), draft.spec().toJson());
    created.keep(id, draft.spec());
    return draft.record();
  }

  private static List<String> sources(ContainerConfig config) {
    return config.getMountsList().stream().map(Mount::getHostPath).toList();
  }

  /**
   * Copies what the image has into empty volumes. The files in a volume have the ids that
   * containers see. In the root of a pod with own ids they have others, and in the layers of its
   * image not.
   */
  private static void fillVolumes(
      Volumes.Hold held,
      SandboxRecord sandbox,
      ContainerConfig config,
      ContainerOptions own,
      Fd root,
      List<Path> lowers)
      throws IOException {
    if (sandbox.config().user() != null) {
      if (OwnContainers.isOwn(sandbox) && config.getMountsCount() > 0) {
        try (Fd image = OverlayMount.detachedReadOnly(lowers)) {
          fillVolumes(held, config, own, image);
        }
      }
      return;
    }
    fillVolumes(held, config, own, root);
  }

  private static void fillVolumes(
      Volumes.Hold held, ContainerConfig config, ContainerOptions own, Fd root) throws IOException {
    for (Mount each : config.getMountsList()) {
      if (!own.withoutCopy().contains(each.getContainerPath())) {
        held.fill(each.getHostPath(), MountRules.destination(each), root);
      }
    }
  }

  /** Compiles the filter now, so that a wrong profile fails the creation and the start is fast. */
  private void compileFilter(Spec.@Nullable Seccomp profile) throws IOException {
    if (profile == null) {
      return;
    }
    Optional<String> missing = filters.missing();
    if (missing.isPresent()) {
      throw CriException.failedPrecondition(SECCOMP + ": " + missing.get());
    }
    try {
      filters.of(profile);
    } catch (ProfileException e) {
      throw new CriException(
          ErrorKind.INVALID_ARGUMENT, SECCOMP + ": the profile: " + e.getMessage(), e);
    }
  }

  /** Mounts the root file system as the container will see it, at no path. */
  private DraftOverlay overlay(SandboxRecord sandbox, String id, List<Path> lowers)
      throws IOException {
    Path upper = files.paths().containerUpper(id);
    Path work = files.paths().containerWork(id);
    if (sandbox.config().user() == null) {
      return DraftOverlay.mount(lowers, upper, work);
    }
    try (Fd user = new NamespacePins(files.paths().namespaces(sandbox.id())).open(Namespace.USER)) {
      return DraftOverlay.mountIn(user, lowers, upper, work);
    }
  }

  private ContainerRecord record(
      SandboxRecord sandbox,
      String id,
      ContainerName name,
      ContainerConfig config,
      ContainerImages.Found image,
      List<Path> lowers,
      List<ContainerRecord.Mount> mounts,
      SpecBuilder.Built built,
      String cgroup) {
    return new ContainerRecord(
        ContainerRecord.VERSION,
        id,
        name,
        Clock.now(),
        reference(config.getImage()),
        image.id(),
        config.getLabelsMap(),
        config.getAnnotationsMap(),
        logPath(sandbox.config().logDirectory(), config.getLogPath()),
        config.getTty(),
        config.getStdin(),
        config.getStdinOnce(),
        config.getStopSignal() == Signal.RUNTIME_DEFAULT ? null : config.getStopSignal().name(),
        stopSignal(config.getStopSignal(), image.defaults().stopSignal()),
        built.pidMode(),
        targetId(config).orElse(null),
        user(built.user()),
        mounts,
        config.getLinux().hasResources()
            ? ResourceRecords.of(config.getLinux().getResources())
            : null,
        cgroup,
        lowers.stream().map(Path::toString).toList());
  }

  private static ContainerRecord.ImageReference reference(ImageSpec image) {
    return new ContainerRecord.ImageReference(
        image.getImage(),
        image.getUserSpecifiedImage(),
        image.getRuntimeHandler(),
        image.getAnnotationsMap());
  }

  /** Returns the log file's path; empty if no log is asked for. */
  private static String logPath(String directory, String path) {
    if (directory.isEmpty() || path.isEmpty()) {
      return "";
    }
    RequestText.path("CreateContainer: config.log_path", path);
    Path log = Path.of(directory, path);
    if (Path.of(path).isAbsolute()
        || !log.equals(log.normalize())
        || !log.startsWith(Path.of(directory))
        || log.equals(Path.of(directory))) {
      throw CriException.invalidArgument(
          "CreateContainer: config.log_path \"" + path + "\" leaves the sandbox's log directory");
    }
    return log.toString();
  }

  private static int stopSignal(Signal requested, String image) {
    if (requested == Signal.UNRECOGNIZED) {
      throw CriException.unimplementedField("config.stop_signal");
    }
    if (requested != Signal.RUNTIME_DEFAULT) {
      return Signals.parse(requested.name());
    }
    if (image.isEmpty()) {
      return Signals.SIGTERM;
    }
    try {
      return Signals.parse(image);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(
          "CreateContainer: the image's stop signal is " + e.getMessage());
    }
  }

  private static Optional<String> targetId(ContainerConfig config) {
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    return security.getNamespaceOptions().getPid() == NamespaceMode.TARGET
        ? Optional.of(security.getNamespaceOptions().getTargetId())
        : Optional.empty();
  }

  private Optional<Integer> targetPid(SandboxRecord sandbox, ContainerConfig config) {
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    if (SpecBuilder.pidMode(security, sandbox.config()) != NamespaceOwner.TARGET) {
      return Optional.empty();
    }
    return Optional.of(
        TargetContainer.pid(containers, sandboxes, sandbox.id(), targetId(config).orElse("")));
  }

  private static ContainerRecord.User user(ContainerUser user) {
    return new ContainerRecord.User(
        user.uid(),
        user.gid(),
        user.supplementalGroups().stream().map(Integer::longValue).toList());
  }

  private static List<ContainerRecord.Mount> mounts(
      ContainerConfig config, List<ImageVolumes.Mounted> images) {
    Iterator<ImageVolumes.Mounted> next = images.iterator();
    return config.getMountsList().stream()
        .map(each -> mount(each, MountRules.isImage(each) ? next.next().imageId() : null))
        .toList();
  }

  private static ContainerRecord.Mount mount(Mount mount, @Nullable String imageId) {
    return new ContainerRecord.Mount(
        mount.getContainerPath(),
        mount.getHostPath(),
        mount.getReadonly(),
        mount.getRecursiveReadOnly(),
        mount.getSelinuxRelabel(),
        switch (mount.getPropagation()) {
          case PROPAGATION_HOST_TO_CONTAINER -> Propagation.HOST_TO_CONTAINER;
          case PROPAGATION_BIDIRECTIONAL -> Propagation.BIDIRECTIONAL;
          case PROPAGATION_PRIVATE, UNRECOGNIZED -> Propagation.PRIVATE;
        },
        imageId == null ? null : reference(mount.getImage()),
        imageId == null ? "" : imageId,
        mount.getImageSubPath());
  }
}
