package io.jukung.cli;

import io.jukung.client.v1.ImportRequest;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/**
 * The few calls of containerd's {@code ctr} that tools make on a node (kind load, kind build
 * node-image). An option that is not here is an error that names it.
 */
@Command(
    name = "ctr",
    description = "Understands what kind asks of containerd's ctr.",
    subcommands = Ctr.Images.class,
    mixinStandardHelpOptions = true)
final class Ctr implements Runnable {
  private static final String NAMESPACE = "k8s.io";
  private static final String PINNED_LABEL = "io.cri-containerd.pinned=pinned";

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-n", "--namespace"},
      required = true,
      description = "Kubernetes' own, " + NAMESPACE + ": there are no others.")
  String namespace = "";

  Ctr(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    throw CliException.failed("ctr takes one of: images import, images list, images tag");
  }

  private Connection connect() {
    if (!namespace.equals(NAMESPACE)) {
      throw CliException.failed("there is no namespace " + namespace + ", only " + NAMESPACE);
    }
    return jukung.connect();
  }

  /** ctr images. */
  @Command(
      name = "images",
      aliases = {"image", "i"},
      description = "Images.",
      mixinStandardHelpOptions = true)
  static final class Images {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // set by picocli
    Ctr ctr;

    /**
     * ctr images import. A node runs one platform, so that is what it takes of all; images are
     * always unpacked, and always known by their digests too.
     */
    @Command(name = "import", description = "As jukung import.")
    void importArchive(
        @Option(names = "--all-platforms") boolean allPlatforms,
        @Option(names = "--digests") boolean digests,
        @Option(names = "--no-unpack") boolean noUnpack,
        @Option(names = "--snapshotter", defaultValue = "overlayfs") String snapshotter,
        @Option(names = "--label") @Nullable List<String> labels,
        @Parameters(paramLabel = "FILE") Path file) {
      if (!snapshotter.equals("overlayfs")) {
        throw CliException.failed("there is no --snapshotter " + snapshotter + ", only overlayfs");
      }
      boolean pin = false;
      for (String label : labels == null ? List.<String>of() : labels) {
        if (!label.equals(PINNED_LABEL)) {
          throw CliException.failed("--label can only be " + PINNED_LABEL);
        }
        pin = true;
      }
      try (Connection connection = ctr.connect();
          ArchiveInput input = ArchiveInput.of(file, ctr.environment)) {
        ImportRequest request =
            ImportRequest.newBuilder().setPath(input.path().toString()).setPin(pin).build();
        connection.jukung().import_(request).getNamesList().forEach(ctr.environment.out()::println);
      }
    }

    /** ctr images list. */
    @Command(
        name = "list",
        aliases = {"ls"},
        description = "Names, one a line: tags, digests, and the ID, as containerd keeps them.")
    void list(
        @Option(
                names = {"-q", "--quiet"},
                required = true,
                description = "Only names; the table of ctr is not made.")
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

    /** ctr images tag. A tag is always moved, as with --force. */
    @Command(name = "tag", description = "As jukung tag, for several tags.")
    void tag(
        @Option(names = "--force", required = true) boolean force,
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
