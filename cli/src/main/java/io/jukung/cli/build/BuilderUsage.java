package io.jukung.cli.build;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.HumanTime;
import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.CachedStep;
import io.jukung.client.v1.ListBuildCacheRequest;
import io.jukung.client.v1.ListBuildCacheResponse;
import picocli.CommandLine.Command;

/** {@code jukung builder du}: lists what is kept for later builds. */
@Command(
    name = "du",
    description =
        "Lists the steps that are kept for later builds, the one that was used last first.",
    mixinStandardHelpOptions = true)
public final class BuilderUsage extends ClientCommand {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int MAX_INSTRUCTION = 60;

  public BuilderUsage(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    ListBuildCacheResponse answer =
        connection.buildCache().listBuildCache(ListBuildCacheRequest.getDefaultInstance());
    Table table = new Table("STEP", "INSTRUCTION", "SIZE", "LAST USED");
    long bytes = 0;
    for (CachedStep step : answer.getStepsList()) {
      bytes += step.getSize();
      table.row(
          ShortId.of(step.getKey()),
          shortened(step.getInstruction()),
          HumanSize.format(step.getSize()),
          HumanTime.ago(step.getUsedAt() * NANOS_PER_SECOND, environment.clock()));
    }
    table.print(out());
    out().println("Total: " + HumanSize.format(bytes));
    out()
        .println(
            "Directories of RUN --mount=type=cache: " + HumanSize.format(answer.getMountBytes()));
    return ExitCode.OK;
  }

  private static String shortened(String instruction) {
    String line = instruction.replaceAll("\\s+", " ");
    return line.length() <= MAX_INSTRUCTION ? line : line.substring(0, MAX_INSTRUCTION - 1) + "…";
  }
}
