package io.jukung.cli;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Removes containers. */
@Command(
    name = "rm",
    description = "Removes containers; the pod and log of a container of `jukung run` go with it.",
    mixinStandardHelpOptions = true)
final class Rm implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = {"-f", "--force"},
      description = "Kill those that run.")
  boolean force;

  @Parameters(arity = "1..*", paramLabel = "CONTAINER")
  List<String> containers = List.of();

  Rm(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Connection connection = jukung.connect()) {
      return EachOf.apply(
          environment,
          connection,
          containers,
          name -> {
            Container container = Lookup.container(connection, name);
            if (container.getState() == ContainerState.CONTAINER_RUNNING && !force) {
              throw CliException.failed("container " + name + " is running, stop it or use -f");
            }
            Teardown.remove(connection, container);
          });
    }
  }
}
