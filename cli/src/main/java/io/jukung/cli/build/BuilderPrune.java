package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.HumanSize;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung builder prune}: removes what is kept for later builds. */
@Command(
    name = "prune",
    description = "Removes the steps that are kept for later builds. Images that were built stay.",
    mixinStandardHelpOptions = true)
public final class BuilderPrune extends ClientCommand {
  private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhd])");

  @Option(
      names = {"-a", "--all"},
      description = "Remove the directories of RUN --mount=type=cache, too.")
  boolean all;

  @Option(
      names = {"-f", "--force"},
      description = "Accepted for docker's sake: nobody is asked.")
  boolean force;

  @Option(
      names = "--unused-for",
      paramLabel = "AGE",
      defaultValue = "0s",
      description = "Keep the steps that were used in this time, as in 30m, 24h or 7d.")
  String unusedFor = "0s";

  public BuilderPrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = age();
  }

  private Duration age() {
    Matcher match = AGE.matcher(unusedFor);
    if (!match.matches()) {
      throw CliException.usage("not an age: \"" + unusedFor + "\" (write for example 24h)");
    }
    long count = Long.parseLong(match.group(1));
    return switch (match.group(2)) {
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  @Override
  protected int run(Connection connection) {
    PruneBuildCacheResponse removed =
        connection
            .buildCache()
            .pruneBuildCache(
                PruneBuildCacheRequest.newBuilder()
                    .setUnusedSeconds(age().toSeconds())
                    .setMounts(all)
                    .build());
    out().println("Removed steps: " + removed.getSteps());
    out().println("Total reclaimed space: " + HumanSize.format(removed.getBytes()));
    return ExitCode.OK;
  }
}
