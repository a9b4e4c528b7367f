package io.jukung.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.terminal.CommandStreams;
import io.jukung.cli.terminal.StreamEndpoint;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Joins a container's own streams. */
@Command(
    name = "attach",
    description = {
      "Shows what a container writes and passes on what is typed, until it ends; with its exit code.",
      "At a terminal, ctrl-p ctrl-q leaves it running."
    },
    mixinStandardHelpOptions = true)
final class Attach implements Callable<Integer> {
  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(names = "--no-stdin", description = "Only look.")
  boolean noStdin;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  Attach(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Connection connection = jukung.connect()) {
      Container found = Lookup.container(connection, container);
      Streams streams = Streams.of(connection, found.getId());
      boolean stdin = streams.stdin() && !noStdin;
      StreamEndpoint endpoint = endpoint(connection, found.getId(), stdin, streams.tty());
      CommandStreams.End end =
          new Attended(environment, stdin, streams.tty()).to(endpoint, () -> {});
      return exitCode(connection, found.getId(), end);
    }
  }

  /** What streams a container has. */
  record Streams(boolean stdin, boolean tty) {
    static Streams of(Connection connection, String id) {
      ContainerStatusResponse status =
          connection
              .runtime()
              .containerStatus(
                  ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build());
      JsonNode record = Json.parse(status.getInfoMap().getOrDefault("info", "{}")).path("record");
      return new Streams(record.path("stdin").asBoolean(), record.path("tty").asBoolean());
    }
  }

  static StreamEndpoint endpoint(Connection connection, String id, boolean stdin, boolean tty) {
    return connection.endpoint(
        connection
            .runtime()
            .attach(
                AttachRequest.newBuilder()
                    .setContainerId(id)
                    .setStdin(stdin)
                    .setStdout(true)
                    .setStderr(!tty)
                    .setTty(tty)
                    .build())
            .getUrl());
  }

  /** The container's exit code once its streams have ended; 0 where the user left before. */
  static int exitCode(Connection connection, String id, CommandStreams.@Nullable End end)
      throws InterruptedException {
    if (end == null) {
      return ExitCode.OK;
    }
    int code = Attended.exitCode(end);
    return code != 0 ? code : new ContainerWatch(connection, id).exitCode();
  }
}
