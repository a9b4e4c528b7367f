package io.jukung.cli.build;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Filters;
import io.jukung.cli.text.HumanSize;
import io.jukung.client.v1.PruneBuildCacheRequest;
import io.jukung.client.v1.PruneBuildCacheResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung builder prune}: removes what is kept for later builds. */
@Command(
    name = "prune",
    description = "Removes the steps that are kept for later builds. Images that were built stay.",
    mixinStandardHelpOptions = true)
public final class BuilderPrune extends ClientCommand {
  private static final Set<String> KEYS = Set.of("until", "unused-for", "type");

  /** Docker's words for what a build cache has. */
  private static final String STEPS = "regular";

  private static final String MOUNTS = "exec.cachemount";

  private static final Pattern AGE =
      Pattern.compile(
          "(?:(?<days>[0-9]{1,6})d)?(?:(?<hours>[0-9]{1,9})h)?(?:(?<minutes>[0-9]{1,9})m)?"
              + "(?:(?<seconds>[0-9]{1,9})s)?");

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

  @Option(
      names = "--filter",
      paramLabel = "KEY=VALUE",
      description =
          "until=AGE or unused-for=AGE: keep the steps that were used in this time;"
              + " type=exec.cachemount: remove only the directories of RUN --mount=type=cache;"
              + " type=regular: remove only steps.")
  List<String> filters = List.of();

  public BuilderPrune(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = request(filters, unusedFor, all);
  }

  /**
   * What the options ask for.
   *
   * @param all whether directories of {@code RUN --mount=type=cache} are removed, too, where no
   *     filter names a type
   * @throws CliException with the exit code for wrong usage
   */
  static PruneBuildCacheRequest request(List<String> filters, String unusedFor, boolean all) {
    Filters given = Filters.of(filters, KEYS);
    Duration unused = age(unusedFor);
    for (String key : List.of("until", "unused-for")) {
      for (String each : given.values(key)) {
        Duration other = age(each);
        unused = other.compareTo(unused) > 0 ? other : unused;
      }
    }
    given.values("type").forEach(BuilderPrune::requireType);
    boolean steps = given.fits("type", STEPS::equals);
    boolean mounts = given.has("type") ? given.fits("type", MOUNTS::equals) : all;
    if (mounts && unused.isPositive() && given.has("type")) {
      throw CliException.usage("the age of directories of RUN --mount=type=cache is not known");
    }
    return PruneBuildCacheRequest.newBuilder()
        .setUnusedSeconds(unused.toSeconds())
        .setMounts(mounts)
        .setMountsOnly(!steps)
        .build();
  }

  private static void requireType(String type) {
    if (!type.equals(STEPS) && !type.equals(MOUNTS)) {
      throw CliException.usage(
          "filter type is %s or %s, not \"%s\"".formatted(STEPS, MOUNTS, type));
    }
  }

  /** Reads an age in docker's form, such as {@code 24h} or {@code 1h30m}, or in days. */
  private static Duration age(String text) {
    Matcher match = AGE.matcher(text);
    if (text.isEmpty() || !match.matches()) {
      throw CliException.usage("not an age: \"" + text + "\" (write for example 24h)");
    }
    return Duration.ofDays(number(match.group("days")))
        .plusHours(number(match.group("hours")))
        .plusMinutes(number(match.group("minutes")))
        .plusSeconds(number(match.group("seconds")));
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  @Override
  protected int run(Connection connection) {
    PruneBuildCacheResponse removed =
        connection.buildCache().pruneBuildCache(request(filters, unusedFor, all));
    out().println("Removed steps: " + removed.getSteps());
    out().println("Total reclaimed space: " + HumanSize.format(removed.getBytes()));
    return ExitCode.OK;
  }
}
