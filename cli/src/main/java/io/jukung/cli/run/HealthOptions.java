package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.command.CliException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code run} about the health of the container, named as docker's. */
final class HealthOptions {
  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(30);
  private static final Duration DEFAULT_START_INTERVAL = Duration.ofSeconds(5);
  private static final int DEFAULT_RETRIES = 3;

  @Option(
      names = "--health-cmd",
      paramLabel = "COMMAND",
      description =
          "A line of shell that the daemon runs in the container again and again; `jukung ps` says"
              + " whether it succeeds. Without this option the image's HEALTHCHECK.")
  @Nullable String command;

  @Option(
      names = "--health-interval",
      paramLabel = "TIME",
      description = "The time between two probes, 30s by default.")
  @Nullable String interval;

  @Option(
      names = "--health-timeout",
      paramLabel = "TIME",
      description = "How long a probe may take, 30s by default, in whole seconds.")
  @Nullable String timeout;

  @Option(
      names = "--health-start-period",
      paramLabel = "TIME",
      description = "The time after the start in which failures do not count, 0s by default.")
  @Nullable String startPeriod;

  @Option(
      names = "--health-start-interval",
      paramLabel = "TIME",
      description = "The time between two probes in the start period, 5s by default.")
  @Nullable String startInterval;

  @Option(
      names = "--health-retries",
      paramLabel = "N",
      description = "How many failures in a row make the container unhealthy, 3 by default.")
  @Nullable Integer retries;

  @Option(names = "--no-healthcheck", description = "Do not check the health of the container.")
  boolean none;

  /**
   * The check as the daemon reads it; empty if there is none.
   *
   * @param image the configuration of the image
   * @throws CliException with the exit code for wrong usage
   */
  Optional<ObjectNode> check(JsonNode image) {
    if (none) {
      if (command != null) {
        throw CliException.usage("--no-healthcheck does not go with --health-cmd");
      }
      return Optional.empty();
    }
    JsonNode declared = image.path("Healthcheck");
    List<String> words = words(declared.path("Test"), image.path("Shell"));
    if (words.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode check = JsonNodeFactory.instance.objectNode();
    ArrayNode list = check.putArray("command");
    words.forEach(list::add);
    check.put("interval", nanos(interval, "interval", declared, "Interval", DEFAULT_INTERVAL));
    check.put("timeout", nanos(timeout, "timeout", declared, "Timeout", DEFAULT_INTERVAL));
    check.put(
        "startPeriod", nanos(startPeriod, "start-period", declared, "StartPeriod", Duration.ZERO));
    check.put(
        "startInterval",
        nanos(startInterval, "start-interval", declared, "StartInterval", DEFAULT_START_INTERVAL));
    check.put("retries", retries(declared.path("Retries").asInt()));
    return Optional.of(check);
  }

  /** The words of the command: those of the option, or those of the image. */
  private List<String> words(JsonNode test, JsonNode shell) {
    if (command != null) {
      return command.isEmpty() ? List.of() : List.of("/bin/sh", "-c", command);
    }
    List<String> words = new ArrayList<>();
    for (int i = 1; i < test.size(); i++) {
      words.add(test.path(i).asText());
    }
    return switch (test.path(0).asText("")) {
      case "CMD" -> words;
      case "CMD-SHELL" -> {
        List<String> line = new ArrayList<>();
        shell.forEach(each -> line.add(each.asText()));
        if (line.isEmpty()) {
          line.addAll(List.of("/bin/sh", "-c"));
        }
        line.add(String.join(" ", words));
        yield line;
      }
      default -> List.of(); // NONE, or nothing
    };
  }

  private static long nanos(
      @Nullable String option, String name, JsonNode image, String field, Duration otherwise) {
    if (option != null) {
      return GoDuration.parse("--health-" + name, option).toNanos();
    }
    long declared = image.path(field).asLong();
    return declared > 0 ? declared : otherwise.toNanos();
  }

  private int retries(int declared) {
    if (retries == null) {
      return declared > 0 ? declared : DEFAULT_RETRIES;
    }
    if (retries < 1) {
      throw CliException.usage("--health-retries must be positive");
    }
    return retries;
  }
}
