package io.jukung.cli;

import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Removes pods. */
@Command(
    name = "rmp",
    description = "Removes pods with their containers; log files stay.",
    mixinStandardHelpOptions = true)
final class RemovePod implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-f", "--force"},
      description = "Stop those that are ready.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "POD")
  List<String> pods = List.of();

  RemovePod(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      return EachOf.apply(
          environment,
          connection,
          pods,
          name -> {
            PodSandbox pod = Lookup.pod(connection, name);
            if (pod.getState() == PodSandboxState.SANDBOX_READY && !force) {
              throw CliException.failed("pod " + name + " is ready, stop it (stopp) or use -f");
            }
            Teardown.removePod(connection, pod.getId());
          });
    }
  }
}
