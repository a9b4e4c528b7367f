package io.jukung.cli.pod;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.command.NamedTargetsCommand;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung rmp}: removes pods. */
@Command(
    name = "rmp",
    description = "Removes pods and their containers. Log files are kept.",
    mixinStandardHelpOptions = true)
public final class RemovePod extends NamedTargetsCommand {
  @Option(
      names = {"-f", "--force"},
      description = "Stop pods that are ready, and remove them too.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "POD")
  List<String> pods = List.of();

  public RemovePod(CommandContext context) {
    super(context);
  }

  @Override
  protected List<String> targets() {
    return pods;
  }

  @Override
  protected void apply(Connection connection, String name) {
    PodSandbox pod = Lookup.pod(connection, name);
    if (pod.getState() == PodSandboxState.SANDBOX_READY && !force) {
      throw CliException.failed("pod " + name + " is ready, stop it (stopp) or use -f");
    }
    PodTeardown.remove(connection, pod.getId());
  }
}
