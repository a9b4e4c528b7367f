package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.PlannedHost;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung pull}: pulls an image. */
@Command(
    name = "pull",
    description = "Pulls an image from its registry and prints the image's ID.",
    mixinStandardHelpOptions = true)
public final class Pull extends ClientCommand {
  @Mixin RegistryLogin login = new RegistryLogin();

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress.")
  boolean quiet;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH[/VARIANT]",
      description =
          "Pull the image of this platform, such as linux/arm64. That of another platform than"
              + " this node's gets no tag, but NAME@DIGEST as its name.")
  @Nullable String platform;

  @Option(
      names = "--explain",
      description =
          "Print the hosts that would be asked, in their order and with reasons; pull nothing.")
  boolean explain;

  @Parameters(paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  public Pull(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    login.check(environment);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    PullRequest.Builder request = ImagePull.request(image, login.read(environment));
    Optional.ofNullable(platform).ifPresent(request::setPlatform);
    if (explain) {
      print(connection.jukung().explainPull(request.build()));
    } else {
      CliEnvironment shown = quiet ? environment.quiet() : environment;
      out().println(ImagePull.pull(connection, shown, request.build()));
    }
    return ExitCode.OK;
  }

  private void print(PullPlan plan) {
    out().println(plan.getImage());
    int number = 1;
    for (PlannedHost host : plan.getHostsList()) {
      out().println(number++ + ". " + host.getUrl());
      out().println("   asked for: " + host.getAsked());
      out().println("   because of: " + host.getOrigin());
      host.getNotesList().forEach(note -> out().println("   " + note));
    }
  }
}
