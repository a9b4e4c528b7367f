package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.PushProgress;
import io.jukung.client.v1.PushRequest;
import io.jukung.cri.v1.AuthConfig;
import java.io.IOException;
import java.util.Iterator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung push}: pushes an image. */
@Command(
    name = "push",
    description =
        "Pushes an image to the registry of its name, and prints the digest that it has there.",
    mixinStandardHelpOptions = true)
public final class Push extends ClientCommand {
  @Mixin RegistryLogin login = new RegistryLogin();

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress, and print the complete name only.")
  boolean quiet;

  @Option(
      names = "--all-platforms",
      description =
          "Push the images of all platforms, with their index. A pull keeps this node's platform"
              + " only, so this is for images that came here whole.")
  boolean allPlatforms;

  @Parameters(paramLabel = "IMAGE", description = "A name of the image, with its tag.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  public Push(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    login.check(environment);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    AuthConfig credentials = login.read(environment);
    PushRequest request =
        PushRequest.newBuilder()
            .setImage(image)
            .setAuth(credentials)
            .setAllPlatforms(allPlatforms)
            .build();
    PushProgress last = push(connection, request, quiet ? environment.quiet() : environment);
    out()
        .println(
            quiet
                ? last.getReference()
                : "%s: digest: %s size: %d"
                    .formatted(last.getReference(), last.getDigest(), last.getSize()));
    return ExitCode.OK;
  }

  private static PushProgress push(
      Connection connection, PushRequest request, CliEnvironment environment) {
    var view = TransferView.of(environment);
    try {
      Iterator<PushProgress> answers = connection.madeImages().push(request);
      PushProgress last = PushProgress.getDefaultInstance();
      while (answers.hasNext()) {
        last = answers.next();
        last.getBlobsList().forEach(blob -> view.show(Transfer.of(blob)));
        view.flush();
      }
      if (last.getDigest().isEmpty()) {
        throw CliException.failed(
            "the daemon ended the push of " + request.getImage() + " without naming its digest");
      }
      return last;
    } finally {
      view.end();
    }
  }
}
