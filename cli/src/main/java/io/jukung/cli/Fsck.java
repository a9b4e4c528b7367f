package io.jukung.cli;

import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Checks the image store and mends it. */
@Command(
    name = "fsck",
    description =
        "Checks every byte of the image store and mends what it can: layers are unpacked anew,"
            + " missing content is pulled again, what nothing knows is removed.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0: nothing is wrong any more", "1: something is"},
    mixinStandardHelpOptions = true)
final class Fsck implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Only tells.")
  boolean dryRun;

  @Option(
      names = "--registry",
      paramLabel = "HOST[:PORT]",
      description = "Whom --username is for, where missing content is pulled again.")
  @Nullable String registry;

  @Mixin RegistryLogin login = new RegistryLogin();

  Fsck(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException {
    CheckRequest request = request();
    int exitCode = ExitCode.OK;
    try (Connection connection = jukung.connect()) {
      Iterator<CheckFinding> findings = connection.jukung().check(request);
      while (findings.hasNext()) {
        CheckFinding finding = findings.next();
        environment
            .out()
            .printf(
                "%s %s: %s%n", finding.getSubject(), finding.getProblem(), finding.getOutcome());
        if (!finding.getRepaired()) {
          exitCode = ExitCode.FAILED;
        }
      }
    }
    return exitCode;
  }

  private CheckRequest request() throws IOException {
    if ((registry != null) != login.isGiven()) {
      throw CliException.usage("--registry goes with --username and --password-stdin");
    }
    CheckRequest.Builder request = CheckRequest.newBuilder().setRepair(!dryRun);
    if (registry != null) {
      request.setAuth(login.read(environment.in()).toBuilder().setServerAddress(registry));
    }
    return request.build();
  }
}
