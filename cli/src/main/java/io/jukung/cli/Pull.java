package io.jukung.cli;

import io.jukung.client.v1.PlannedHost;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.ImageSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Pulls an image. */
@Command(
    name = "pull",
    description = "Pulls an image from its registry and prints its ID.",
    mixinStandardHelpOptions = true)
final class Pull implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Mixin RegistryLogin login = new RegistryLogin();

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  boolean quiet;

  @Option(
      names = "--explain",
      description = "Say which hosts would be asked, in which order and why; pull nothing.")
  boolean explain;

  @Parameters(paramLabel = "IMAGE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String image;

  Pull(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException {
    AuthConfig credentials = login.read(environment.in());
    try (Connection connection = jukung.connect()) {
      if (explain) {
        print(connection.jukung().explainPull(request(credentials)));
        return ExitCode.OK;
      }
      environment
          .out()
          .println(
              ImagePull.pull(
                  connection, quiet ? environment.quiet() : environment, image, credentials));
      return ExitCode.OK;
    }
  }

  private PullRequest request(AuthConfig credentials) {
    return PullRequest.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(image))
        .setAuth(credentials)
        .build();
  }

  private void print(PullPlan plan) {
    PrintStream out = environment.out();
    out.println(plan.getImage());
    int number = 1;
    for (PlannedHost host : plan.getHostsList()) {
      out.println(number++ + ". " + host.getUrl());
      out.println("   asked for: " + host.getAsked());
      out.println("   because of: " + host.getOrigin());
      host.getNotesList().forEach(note -> out.println("   " + note));
    }
  }
}
