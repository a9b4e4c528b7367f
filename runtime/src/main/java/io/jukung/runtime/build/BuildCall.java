package io.jukung.runtime.build;

import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildSecret;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.CacheExport;
import io.jukung.client.v1.ContextDirectory;
import io.jukung.client.v1.FindContextResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.image.build.BuildListener;
import io.jukung.image.build.BuildOutput;
import io.jukung.image.build.BuildSettings;
import io.jukung.image.build.CommandRunner.Network;
import io.jukung.image.build.ImageBuild;
import io.jukung.image.copy.BuildContext;
import io.jukung.image.manifest.Platform;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.service.PullImage;
import io.jukung.image.store.ImageStore;
import io.jukung.image.transfer.ImageExporter;
import io.jukung.linux.fs.DirectoryPlace;
import io.jukung.runtime.call.Outlet;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Builds an image, for jukung's own client. */
public final class BuildCall {
  /** How many builds work at a time. Each has a context on the disk. */
  private static final int MAX_BUILDS = 16;

  /** More than Debian's official images have. Each takes the time of a build. */
  private static final int MAX_PLATFORMS = 16;

  private static final String DOCKERFILE = "Dockerfile";

  private final ImageStore images;
  private final ImageBuild builder;
  private final BuildPods pods;
  private final BuildDirectories directories;
  private final StatePaths paths;
  private final AgentSessions agents;
  private final CacheLocks cacheLocks = new CacheLocks();
  private final Semaphore room = new Semaphore(MAX_BUILDS);

  public BuildCall(
      ImageStore images,
      ImageBuild builder,
      BuildPods pods,
      BuildDirectories directories,
      StatePaths paths,
      AgentSessions agents) {
    this.images = images;
    this.builder = builder;
    this.pods = pods;
    this.directories = directories;
    this.paths = paths;
    this.agents = agents;
  }

  /**
   * Builds. An interrupt of the calling thread ends the build; no container and no file but those
   * of the cache are left then.
   *
   * @param archive the context; it is read to its end
   * @param outlet takes the progress
   */
  public void call(BuildOptions options, InputStream archive, Outlet<BuildProgress> outlet)
      throws IOException, InterruptedException {
    check(options);
    List<String> tags = tags(options);
    if (!room.tryAcquire()) {
      throw new CriException(
          ErrorKind.UNAVAILABLE, MAX_BUILDS + " builds are under way, try again later");
    }
    var listener = new ProgressMessages(outlet);
    try {
      BuildContext context = context(options, archive, listener);
      try {
        BuildSettings settings = settings(options, context, tags, output(options, listener));
        if (options.getIgnoreFile().isEmpty()) {
          context.removeIgnored();
        }
        String image = builder.build(settings, context, () -> runner(options), listener);
        listener.built(BuiltImage.newBuilder().setImageId(image).addAllNames(tags).build());
      } finally {
        var _ = SideTask.start("remove the context", context::close).join();
      }
    } finally {
      room.release();
    }
  }

  private RunContainers runner(BuildOptions options) {
    return new RunContainers(
        pods, directories, paths, cacheLocks, BuildSecrets.of(options, agents));
  }

  private static void check(BuildOptions options) {
    for (BuildSecret secret : options.getSecretsList()) {
      if (secret.getId().isEmpty()) {
        throw CriException.invalidArgument("a secret has no id");
      }
    }
    for (AuthConfig auth : options.getRegistryAuthList()) {
      if (auth.getServerAddress().isEmpty()) {
        throw CriException.invalidArgument("registry_auth has no server_address");
      }
    }
  }

  private static List<Platform> platforms(BuildOptions options) {
    if (options.getPlatform().isEmpty()) {
      return List.of(Platform.current());
    }
    List<Platform> platforms = new ArrayList<>();
    for (String text : options.getPlatform().split(",", -1)) {
      Platform platform = Platform.parse(text);
      if (platforms.stream().noneMatch(platform::isSame)) {
        platforms.add(platform);
      }
    }
    if (platforms.size() > MAX_PLATFORMS) {
      throw CriException.invalidArgument(
          "a build is for at most " + MAX_PLATFORMS + " platforms, not " + platforms.size());
    }
    return List.copyOf(platforms);
  }

  private static List<String> tags(BuildOptions options) {
    List<String> tags = new ArrayList<>();
    for (String text : options.getTagsList()) {
      ImageReference name = ImageReference.parse(text);
      if (name.digest().isPresent()) {
        throw CriException.invalidArgument(
            "tag " + text + ": an image that is built gets a name with a tag, not a digest");
      }
      tags.add(name.toString());
    }
    return tags;
  }

  private BuildContext context(BuildOptions options, InputStream archive, ProgressMessages listener)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    BuildListener.Step step = listener.begin("[internal] load build context", 0);
    try {
      BuildContext context =
          options.hasContextDirectory()
              ? copy(options)
              : BuildContext.unpack(
                  archive, options.getIgnoreFile(), images.temporary(), images.layerLimits());
      step.done(false, Duration.ofNanos(System.nanoTime() - start));
      return context;
    } catch (CriException e) {
      step.failed(String.valueOf(e.getMessage()), "", 0);
      throw e;
    }
  }

  private BuildContext copy(BuildOptions options) throws IOException {
    ContextDirectory directory = options.getContextDirectory();
    if (!find(directory).getFound()) {
      throw CriException.failedPrecondition(
          "context_directory: the daemon does not see the client's " + directory.getPath());
    }
    return BuildContext.copy(
        Path.of(directory.getPath()),
        options.getIgnoreFile(),
        images.temporary(),
        images.layerLimits());
  }

  /** Whether the daemon sees the directory that the client sees. */
  public FindContextResponse find(ContextDirectory directory) throws IOException {
    Path path = Path.of(directory.getPath());
    boolean found =
        path.isAbsolute()
            && Files.isDirectory(path)
            && DirectoryPlace.of(path).equals(directory.getPlace());
    return FindContextResponse.newBuilder().setFound(found).build();
  }

  private static BuildSettings settings(
      BuildOptions options, BuildContext context, List<String> tags, BuildOutput output)
      throws IOException {
    String text = options.getDockerfile();
    if (text.isEmpty()) {
      String path = options.getDockerfilePath();
      String name = path.isEmpty() ? DOCKERFILE : path;
      text =
          context
              .read(name)
              .orElseThrow(() -> CriException.notFound("the context has no file " + name));
    }
    return new BuildSettings(
        text,
        tags,
        Map.copyOf(options.getArgumentsMap()),
        options.getTarget(),
        platforms(options),
        options.getNoCache(),
        options.getPull(),
        Map.copyOf(options.getLabelsMap()),
        network(options.getNetwork()),
        output,
        List.copyOf(options.getCacheFromList()),
        cacheExport(options.getCacheTo()),
        options.getRegistryAuthList().stream().map(PullImage::credentials).toList());
  }

  private static Optional<BuildSettings.CacheExport> cacheExport(CacheExport export) {
    return export.getReference().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new BuildSettings.CacheExport(
                export.getReference(), export.getAllStages(), export.getIgnoreErrors()));
  }

  private static BuildOutput output(BuildOptions options, ProgressMessages listener) {
    return switch (options.getOutput()) {
      case STORED_IMAGE -> new BuildOutput.Store();
      case FILES_ARCHIVE -> new BuildOutput.Files(new ArchiveMessages(listener));
      case OCI_IMAGE_ARCHIVE ->
          new BuildOutput.Archive(ImageExporter.Format.OCI_ARCHIVE, new ArchiveMessages(listener));
      case DOCKER_IMAGE_ARCHIVE ->
          new BuildOutput.Archive(
              ImageExporter.Format.DOCKER_ARCHIVE, new ArchiveMessages(listener));
      case UNRECOGNIZED -> throw CriException.unimplementedField("output");
    };
  }

  private static Network network(String text) {
    return switch (text) {
      case "", "default" -> Network.DEFAULT;
      case "host" -> Network.HOST;
      case "none" ->
          throw new CriException(
              ErrorKind.UNIMPLEMENTED, "a build with the network none is not implemented");
      default ->
          throw CriException.invalidArgument(
              "the network \"" + text + "\" is neither default nor host");
    };
  }
}
