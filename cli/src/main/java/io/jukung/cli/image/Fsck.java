package io.jukung.cli.image;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jukung fsck}: checks the image store and what pods have left, and repairs both. */
@Command(
    name = "fsck",
    description =
        "Checks every byte of the image store and repairs it: unpacks damaged layers again, pulls"
            + " missing content again, and removes what belongs to no image. Finds and removes what"
            + " belongs to no pod: directories, cgroups, leases on images, addresses.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:all is in order, or everything was repaired",
      "1:something is damaged and was not repaired"
    },
    mixinStandardHelpOptions = true)
public final class Fsck extends ClientCommand {
  @Option(
      names = {"-n", "--dry-run"},
      description = "Report problems, but repair nothing.")
  boolean dryRun;

  @Option(
      names = "--registry",
      paramLabel = "HOST[:PORT]",
      description = "The registry that --username is for, when missing content is pulled again.")
  @Nullable String registry;

  @Mixin RegistryLogin login = new RegistryLogin();

  public Fsck(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    login.check(environment);
    if ((registry != null) != login.isGiven()) {
      throw CliException.usage("--registry goes with --username and --password-stdin");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    int exitCode = ExitCode.OK;
    Iterator<CheckFinding> findings = connection.jukung().check(request());
    int found = 0;
    int repaired = 0;
    while (findings.hasNext()) {
      CheckFinding finding = findings.next();
      out().printf("%s %s: %s%n", finding.getSubject(), finding.getProblem(), finding.getOutcome());
      found++;
      if (finding.getRepaired()) {
        repaired++;
      } else {
        exitCode = ExitCode.FAILED;
      }
    }
    // Standard output has problems alone, so that scripts can count its lines.
    environment.printError(
        found == 0
            ? "the image store is in order, and nothing is left of pods that are gone"
            : "%d found, %d repaired".formatted(found, repaired));
    return exitCode;
  }

  private CheckRequest request() throws IOException, InterruptedException {
    CheckRequest.Builder request = CheckRequest.newBuilder().setRepair(!dryRun);
    if (registry != null) {
      request.setAuth(login.read(environment).toBuilder().setServerAddress(registry));
    }
    return request.build();
  }
}
