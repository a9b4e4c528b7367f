package io.jukung.cli;

import io.jukung.cri.v1.StopPodSandboxRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Stops pods. */
@Command(
    name = "stopp",
    description = "Stops pods: their containers are killed, their network is given back.",
    mixinStandardHelpOptions = true)
final class StopPod implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Parameters(arity = "1..*", paramLabel = "POD")
  List<String> pods = List.of();

  StopPod(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      return EachOf.apply(
          environment,
          connection,
          pods,
          name ->
              connection
                  .runtime(Connection.CHANGE)
                  .stopPodSandbox(
                      StopPodSandboxRequest.newBuilder()
                          .setPodSandboxId(Lookup.pod(connection, name).getId())
                          .build()));
    }
  }
}
