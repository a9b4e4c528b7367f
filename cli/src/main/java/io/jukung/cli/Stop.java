package io.jukung.cli;

import io.jukung.cri.v1.Container;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Stops containers. */
@Command(
    name = "stop",
    description = "Stops containers; the pod of a container of `jukung run` stops with it.",
    mixinStandardHelpOptions = true)
final class Stop implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-t", "--time"},
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "Between the stop signal and KILL (10); 0: KILL at once.")
  long graceSeconds;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  Stop(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    if (graceSeconds < 0) {
      throw CliException.usage("--time cannot be negative");
    }
    try (Connection connection = jukung.connect()) {
      return EachOf.apply(
          environment,
          connection,
          containers,
          name -> {
            Container container = Lookup.container(connection, name);
            Teardown.stop(connection, container, graceSeconds);
          });
    }
  }
}
