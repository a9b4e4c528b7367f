package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * {@code jukung ctr}: the few calls of containerd's {@code ctr} that tools make on a node ({@code
 * kind load}, {@code kind build node-image}). Any other option is refused by name.
 */
@Command(
    name = "ctr",
    description = "Takes the place of containerd's ctr for kind.",
    subcommands = {Ctr.Images.class, Ctr.Content.class},
    mixinStandardHelpOptions = true)
public final class Ctr implements Runnable {
  private static final String NAMESPACE = "k8s.io";
  private static final String PINNED_LABEL = "io.cri-containerd.pinned=pinned";

  private static final String SNAPSHOTTER = "overlayfs";

  private final CommandContext context;
  private final CliEnvironment environment;

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description =
          "Must be " + NAMESPACE + " for images and content: jukung has no other namespace.")
  String namespace = "";

  public Ctr(CommandContext context) {
    this.context = context;
    this.environment = context.environment();
  }

  @Override
  public void run() {
    throw CliException.failed(
        "ctr takes one of: images import, images list, images tag, content fetch, info");
  }

  /** {@code jukung ctr info}, by which tools see that the daemon answers. */
  @Command(name = "info", description = "Prints which daemon answers, as JSON.")
  void info() {
    try (Connection connection = context.connect()) {
      VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
      environment
          .out()
          .println(
              "{\"server\": {\"name\": \"%s\", \"version\": \"%s\"}}"
                  .formatted(version.getRuntimeName(), version.getRuntimeVersion()));
    }
  }

  private Connection connect() {
    if (!namespace.equals(NAMESPACE)) {
      throw CliException.failed("there is no namespace " + namespace + ", only " + NAMESPACE);
    }
    return context.connect();
  }

  /** {@code jukung ctr content}. */
  @Command(
      name = "content",
      description = "The commands about content.",
      mixinStandardHelpOptions = true)
  static final class Content {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // set by picocli
    Ctr ctr;

    /** {@code jukung ctr content fetch}. An image is always unpacked. */
    @Command(name = "fetch", description = "Does the same as `jukung pull --quiet`.")
    void fetch(
        @Option(names = "--platform") @Nullable String platform,
        @Parameters(paramLabel = "IMAGE") String image) {
      PullRequest.Builder request = ImagePull.request(image, AuthConfig.getDefaultInstance());
      Optional.ofNullable(platform).ifPresent(request::setPlatform);
      try (Connection connection = ctr.connect()) {
        ctr.environment
            .out()
            .println(ImagePull.pull(connection, ctr.environment.quiet(), request.build()));
      }
    }
  }

  /** {@code jukung ctr images}. */
  @Command(
      name = "images",
      aliases = {"image", "i"},
      description = "The commands about images.",
      mixinStandardHelpOptions = true)
  static final class Images {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // set by picocli
    Ctr ctr;

    /**
     * {@code jukung ctr images import}. The daemon always imports the node's own platform, unpacks
     * it, and keeps digests as names, so the options about these change nothing.
     */
    @Command(name = "import", description = "Does the same as `jukung import`.")
    void importArchive(
        @Option(names = "--all-platforms") boolean allPlatforms,
        @Option(names = "--digests") boolean digests,
        @Option(names = "--no-unpack") boolean noUnpack,
        @Option(names = "--snapshotter", defaultValue = SNAPSHOTTER) String snapshotter,
        @Option(names = "--label") @Nullable List<String> labels,
        @Parameters(paramLabel = "FILE") Path file) {
      if (!snapshotter.equals(SNAPSHOTTER)) {
        throw CliException.failed(
            "there is no --snapshotter " + snapshotter + ", only " + SNAPSHOTTER);
      }
      List<String> given = labels == null ? List.of() : labels;
      if (!given.stream().allMatch(PINNED_LABEL::equals)) {
        throw CliException.failed("--label can only be " + PINNED_LABEL);
      }
      try (Connection connection = ctr.connect()) {
        Import.importArchive(connection, ctr.environment, file, "", !given.isEmpty());
      }
    }

    /** {@code jukung ctr images list}. */
    @Command(
        name = "list",
        aliases = {"ls"},
        description = "Lists names, one per line: tags, digests and IDs, as containerd does.")
    void list(
        @Option(
                names = {"-q", "--quiet"},
                required = true,
                description = "Must be given: only names can be listed.")
            boolean quiet) {
      try (Connection connection = ctr.connect()) {
        for (Image image :
            connection
                .images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesList()) {
          image.getRepoTagsList().forEach(ctr.environment.out()::println);
          image.getRepoDigestsList().forEach(ctr.environment.out()::println);
          ctr.environment.out().println(image.getId());
        }
      }
    }

    /** {@code jukung ctr images tag}. */
    @Command(name = "tag", description = "Does the same as `jukung tag`, for several tags.")
    void tag(
        @Option(
                names = "--force",
                required = true,
                description = "Must be given: an existing tag is always moved.")
            boolean force,
        @Parameters(index = "0", paramLabel = "IMAGE") String image,
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "TAG") List<String> tags) {
      try (Connection connection = ctr.connect()) {
        for (String tag : tags) {
          Tag.tag(connection, image, tag);
          ctr.environment.out().println(tag);
        }
      }
    }
  }
}
