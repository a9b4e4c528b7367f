package io.jukung.runtime.cli;

import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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

  Fsck(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    int exitCode = ExitCode.OK;
    try (Connection connection = jukung.connect()) {
      Iterator<CheckFinding> findings =
          connection.jukung().check(CheckRequest.newBuilder().setRepair(!dryRun).build());
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
}
