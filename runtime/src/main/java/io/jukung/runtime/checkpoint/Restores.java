package io.jukung.runtime.checkpoint;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.image.layer.ChangesetUnpacker;
import io.jukung.image.layer.LayerFormatException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.RegularFile;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.launch.Overlay;
import io.jukung.runtime.launch.SeccompFilters;
import io.jukung.runtime.spec.RootfsTargets;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.OciRuntime;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Containers that are restored from checkpoints. Their creation reads the checkpoint, and checks it
 * against the specification that the request has made; their start runs CRIU in place of a command.
 * The specification, the mounts and the limits are always those of the request. Thread-safe.
 */
public final class Restores {
  private static final Logger LOG = LoggerFactory.getLogger(Restores.class);

  /** The annotations of an image that is made of an archive: of all runtimes, and of CRI-O. */
  private static final List<String> ANNOTATIONS =
      List.of(
          "org.criu.checkpoint.container.name", "io.kubernetes.cri-o.annotations.checkpoint.name");

  private final Criu criu;
  private final StatePaths paths;
  private final ContainerImages images;
  private final LaunchCompiler compiler;
  private final SeccompFilters filters;

  public Restores(
      Criu criu,
      StatePaths paths,
      ContainerImages images,
      LaunchCompiler compiler,
      SeccompFilters filters) {
    this.criu = criu;
    this.paths = paths;
    this.images = images;
    this.compiler = compiler;
    this.filters = filters;
  }

  /** The checkpoint that a container is to be made from; or none. To be closed. */
  public final class Opened implements AutoCloseable {
    private final Optional<CheckpointSource> source;
    private final String baseImage;

    private Opened(Optional<CheckpointSource> source, String baseImage) {
      this.source = source;
      this.baseImage = baseImage;
    }

    /** Whether there is a checkpoint. */
    public boolean isPresent() {
      return source.isPresent();
    }

    /** The image that the container is made from. */
    public String image() {
      return baseImage;
    }

    /**
     * Copies the checkpoint into the container's directory, and gives the container the files that
     * were written.
     *
     * @param lowers the layers of the image, topmost first
     */
    public void unpack(String containerId, List<Path> lowers) throws IOException {
      if (source.isEmpty()) {
        return;
      }
      RestoreFiles files = RestoreFiles.of(paths, containerId);
      files.create();
      CheckpointReader.copy(source.get(), files);
      if (!Files.exists(files.rootDifference())) {
        return;
      }
      try (InputStream in =
          new FileInputStream(RegularFile.open(files.rootDifference()).procPath())) {
        ChangesetUnpacker.unpack(in, paths.containerUpper(containerId), () -> merged(lowers));
      } catch (LayerFormatException e) {
        throw CriException.failedPrecondition(
            "checkpoint " + source.get().name() + ": rootfs-diff.tar: " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("restore of container " + containerId);
      }
      Files.delete(files.rootDifference());
    }

    /**
     * Compares the checkpoint with the specification of the container.
     *
     * @throws CriException FAILED_PRECONDITION if they do not fit
     */
    public void check(String containerId, Spec spec) throws IOException {
      if (source.isEmpty()) {
        return;
      }
      refuseUnsupported(spec);
      RestoreFiles files = RestoreFiles.of(paths, containerId);
      Spec.Seccomp profile = spec.linux().seccomp();
      new ImageCheck(
              spec, profile == null ? null : filters.of(profile), compiler.availableCapabilities())
          .check(files.images());
      var _ = CheckpointReader.streams(files);
    }

    @Override
    public void close() {
      source.ifPresent(CheckpointSource::close);
    }
  }

  /**
   * Opens the checkpoint that the image of a request is: the path of an archive, or an image with
   * the annotation of one. Any other image is none.
   *
   * @param containerId gets a lease on an image of a checkpoint
   * @throws CriException FAILED_PRECONDITION if restores are not allowed here, UNIMPLEMENTED for a
   *     container that cannot be restored
   */
  public Opened open(SandboxRecord sandbox, ContainerConfig config, String containerId)
      throws IOException {
    String reference = config.getImage().getImage();
    Optional<CheckpointSource> found = find(sandbox, config, containerId);
    if (found.isEmpty()) {
      return new Opened(found, reference);
    }
    CheckpointSource source = found.get();
    try {
      refuseUnsupported(sandbox, config);
      return new Opened(found, CheckpointReader.baseImage(source));
    } catch (IOException | RuntimeException e) {
      source.close();
      images.release(containerId);
      throw e;
    }
  }

  private Optional<CheckpointSource> find(
      SandboxRecord sandbox, ContainerConfig config, String containerId) throws IOException {
    String reference = config.getImage().getImage();
    if (reference.startsWith("/")) {
      allow(reference);
      return Optional.of(TarSource.open(Path.of(reference)));
    }
    Optional<ContainerImages.Found> image =
        criu.mayRestore() && !reference.isEmpty() ? images.find(reference) : Optional.empty();
    if (image.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> annotations = images.annotations(image.get().id());
    if (ANNOTATIONS.stream().noneMatch(annotations::containsKey)) {
      return Optional.empty();
    }
    allow(reference);
    images.checkPolicy(
        image.get(),
        reference,
        config.getImage().getUserSpecifiedImage(),
        ContainerImages.Use.in(sandbox));
    try {
      List<Path> layers = images.acquireVolume(image.get().id(), containerId);
      return Optional.of(new TreeSource(reference, merged(layers)));
    } catch (IOException | RuntimeException e) {
      images.release(containerId);
      throw e;
    }
  }

  /** Opens the root of the merged layers for reading. */
  private static Fd merged(List<Path> layers) throws IOException {
    try (Fd mount = OverlayMount.detachedReadOnly(layers)) {
      return Openat2.openDirectory(mount, ".");
    }
  }

  private void allow(String reference) {
    if (!criu.mayRestore()) {
      throw CriException.failedPrecondition(
          "CreateContainer: "
              + reference
              + " is a checkpoint, and checkpoint.restore is false in the configuration of the"
              + " node");
    }
    criu.program("CreateContainer from a checkpoint");
  }

  private static void refuseUnsupported(SandboxRecord sandbox, ContainerConfig config) {
    if (!sandbox.runtimeHandler().isEmpty()) {
      throw unimplemented("in a pod of the runtime handler " + sandbox.runtimeHandler());
    }
    if (config.getTty()) {
      throw unimplemented("with a terminal (config.tty)");
    }
    if (sandbox.config().user() != null) {
      throw unimplemented("in a pod with a user namespace");
    }
  }

  private static void refuseUnsupported(Spec spec) {
    if (spec.linux().namespaces().stream()
        .noneMatch(each -> each.type().equals("pid") && each.path() == null)) {
      throw unimplemented("without a pid namespace of its own");
    }
    if (spec.hooks() != null) {
      throw unimplemented("with hooks");
    }
    for (Spec.Mount mount : spec.mounts()) {
      boolean inProc = ContainerMounts.isInProc(mount.destination());
      if (inProc != mount.type().equals("proc")) {
        throw unimplemented("with a volume at " + mount.destination());
      }
    }
    for (String path : spec.linux().readonlyPaths()) {
      if (!ContainerMounts.isInProc(path)) {
        throw unimplemented("with the read-only path " + path);
      }
    }
  }

  private static CriException unimplemented(String what) {
    return new CriException(
        ErrorKind.UNIMPLEMENTED,
        "CreateContainer from a checkpoint is not implemented for a container " + what);
  }

  /** Whether the start of the container is a restore. */
  public boolean isRestored(String containerId) {
    return RestoreFiles.of(paths, containerId).exist();
  }

  /** A launch of CRIU by a shim, and the words for its failure. */
  public record Launch(CompiledLaunch launch, LaunchPlan plan, Path program, Path log) {
    /** One sentence that says why the launch has failed. */
    public String explain(Failure failure) {
      String errors = Criu.errors(log);
      return program
          + " restore: "
          + launch.explain(failure)
          + (errors.isEmpty() ? "" : ": " + errors);
    }
  }

  /**
   * The launch that restores a container.
   *
   * @param cgroup the directory of the container's cgroup, which exists and has its limits
   */
  public Launch launch(ContainerRecord container, Spec spec, Overlay overlay, Path cgroup)
      throws IOException {
    if (!criu.mayRestore()) {
      throw CriException.failedPrecondition(
          "StartContainer: container "
              + container.id()
              + " is to be restored from a checkpoint, and checkpoint.restore is false in the"
              + " configuration of the node");
    }
    Path program = criu.program("StartContainer of a container from a checkpoint");
    RestoreFiles files = RestoreFiles.of(paths, container.id());
    Files.deleteIfExists(files.pidFile());
    Map<String, Path> places = places(files, spec);
    CompiledLaunch launch =
        compiler.restore(
            spec,
            overlay,
            places,
            new LaunchCompiler.RuntimeCommand(
                command(program, files, spec, places), Criu.ENVIRONMENT, files.directory()));
    LaunchPlan plan =
        launch.toPlan().toBuilder()
            .setRuntime(
                OciRuntime.newBuilder()
                    .setPidFile(files.pidFile().toString())
                    .setCgroup(cgroup.toString()))
            .build();
    return new Launch(launch, plan, program, files.log());
  }

  /** A file or a directory for each mount but proc, by the mount's destination. */
  private static Map<String, Path> places(RestoreFiles files, Spec spec) throws IOException {
    if (Files.exists(files.places())) {
      TreeRemoval.remove(files.places()); // an attempt to start has left them
    }
    StatePaths.createPrivate(files.places());
    Map<String, Path> places = new LinkedHashMap<>();
    for (Spec.Mount mount : spec.mounts()) {
      if (mount.type().equals("proc")) {
        continue;
      }
      Path place = files.places().resolve(Integer.toString(places.size()));
      if (RootfsTargets.isDirectory(mount)) {
        Files.createDirectory(place);
      } else {
        Files.createFile(place);
      }
      places.put(ContainerMounts.key(mount.destination()), place);
    }
    return places;
  }

  private List<String> command(
      Path program, RestoreFiles files, Spec spec, Map<String, Path> places) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                program.toString(),
                "restore",
                "--images-dir",
                files.images().toString(),
                "--work-dir",
                files.directory().toString(),
                "--log-file",
                String.valueOf(files.log().getFileName()),
                "-v4",
                "--root",
                compiler.rootMountPoint().toString(),
                "--restore-detached",
                "--pidfile",
                files.pidFile().toString(),
                "--manage-cgroups=ignore",
                "--tcp-close",
                "--file-locks"));
    places.forEach((key, place) -> words.addAll(external(key, place)));
    for (String path : spec.linux().maskedPaths()) {
      String key = ContainerMounts.key(path);
      if (!places.containsKey(key)) {
        boolean directory = Files.isDirectory(Path.of(path));
        words.addAll(external(key, directory ? compiler.maskMountPoint() : Path.of("/dev/null")));
      }
    }
    List<String> streams = CheckpointReader.streams(files);
    for (int number = 0; number < streams.size(); number++) {
      if (!streams.get(number).isEmpty()) {
        words.addAll(List.of("--inherit-fd", "fd[" + number + "]:" + streams.get(number)));
      }
    }
    return words;
  }

  private static List<String> external(String key, Path place) {
    return List.of("--external", "mnt[" + key + "]:" + place);
  }

  /** Forgets the checkpoint of a container that has started. Does nothing for other containers. */
  public void forget(String containerId) {
    RestoreFiles files = RestoreFiles.of(paths, containerId);
    if (!files.exist()) {
      return;
    }
    try {
      TreeRemoval.remove(files.directory());
    } catch (IOException e) {
      LOG.warn("{} is left: {}", files.directory(), e.getMessage());
    }
  }
}
