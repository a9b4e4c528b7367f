package io.jukung.cli.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.terminal.Attended;
import io.jukung.cli.text.Json;
import io.jukung.cri.streaming.CommandStreams;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.AttachRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung attach}: connects the user to a container's own streams. */
@Command(
    name = "attach",
    description = {
      "Prints what a container writes and sends it what is typed, until the container ends.",
      "Exits with the container's exit code. If the container has a terminal, the keys ctrl-p"
          + " ctrl-q end this command and leave the container running."
    },
    mixinStandardHelpOptions = true)
public final class Attach extends ClientCommand {
  @Option(names = "--no-stdin", description = "Send no input.")
  boolean noStdin;

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  public Attach(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    String id = Lookup.container(connection, container).getId();
    return attach(environment, connection, id, !noStdin);
  }

  /** Connects the user to a container until the container ends; returns its exit code. */
  static int attach(CliEnvironment environment, Connection connection, String id, boolean withInput)
      throws IOException, InterruptedException {
    Streams streams = Streams.of(connection, id);
    boolean stdin = streams.stdin() && withInput;
    StreamEndpoint endpoint = endpoint(connection, id, stdin, streams.tty());
    CommandStreams.End end = new Attended(environment, stdin, streams.tty()).to(endpoint, () -> {});
    return exitCode(connection, id, end);
  }

  /** Which streams a container has, as its configuration says. */
  private record Streams(boolean stdin, boolean tty) {
    static Streams of(Connection connection, String id) {
      var info = connection.verboseContainerStatus(id).getInfoMap();
      JsonNode record = Json.parse(info.getOrDefault("info", "{}")).path("record");
      return new Streams(record.path("stdin").asBoolean(), record.path("tty").asBoolean());
    }
  }

  public static StreamEndpoint endpoint(
      Connection connection, String id, boolean stdin, boolean tty) throws IOException {
    AttachRequest request =
        AttachRequest.newBuilder()
            .setContainerId(id)
            .setStdin(stdin)
            .setStdout(true)
            .setStderr(!tty)
            .setTty(tty)
            .build();
    return StreamEndpoint.of(connection.runtime(), connection.runtime().attach(request).getUrl());
  }

  /**
   * Returns a container's exit code after its streams have ended; 0 where the user has left before.
   *
   * @param end null where the user has left by the detach keys
   */
  public static int exitCode(Connection connection, String id, CommandStreams.@Nullable End end)
      throws InterruptedException {
    if (end == null) {
      return ExitCode.OK;
    }
    int code = Attended.exitCode(end);
    return code != 0 ? code : new ContainerWatch(connection, id).exitCode();
  }
}
