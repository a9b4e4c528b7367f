package io.jukung.cli.container;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.text.TerminalText;
import io.jukung.client.v1.DiffRequest;
import io.jukung.client.v1.FileDifference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung diff}: lists what a container has changed in its root file system. */
@Command(
    name = "diff",
    description = {
      "Lists the files that a container has added (A), changed (C) or deleted (D) in its root file"
          + " system.",
      "What is in its volumes is not listed."
    },
    mixinStandardHelpOptions = true)
public final class Diff extends ClientCommand {
  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  public Diff(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    String id = Lookup.container(connection, container).getId();
    connection
        .containersWithoutDeadline()
        .diff(DiffRequest.newBuilder().setContainerId(id).build())
        .forEachRemaining(
            each ->
                out()
                    .println(
                        letter(each.getKind())
                            + " "
                            + TerminalText.escape(each.getPath().toString(UTF_8))));
    return ExitCode.OK;
  }

  private static String letter(FileDifference.Kind kind) {
    return switch (kind) {
      case ADDED -> "A";
      case CHANGED -> "C";
      case DELETED -> "D";
      case UNRECOGNIZED -> "?";
    };
  }
}
