package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Docker's Healthcheck as the daemon reads it. */
final class HealthCheck {
  private static final Duration INTERVAL = Duration.ofSeconds(30);
  private static final Duration START_INTERVAL = Duration.ofSeconds(5);
  private static final int RETRIES = 3;

  private HealthCheck() {}

  /** The check; empty if there is none. */
  static Optional<ObjectNode> of(Fields config) {
    Fields check = config.object("Healthcheck");
    List<String> test = check.texts("Test");
    long interval = nanos(check, "Interval", INTERVAL);
    long timeout = nanos(check, "Timeout", INTERVAL);
    long startPeriod = nanos(check, "StartPeriod", Duration.ZERO);
    long startInterval = nanos(check, "StartInterval", START_INTERVAL);
    long retries = check.number("Retries");
    check.requireNoOther();
    if (test.isEmpty() || test.getFirst().equals("NONE")) {
      return Optional.empty();
    }
    List<String> words = words(test, config.get("Shell"));
    ObjectNode made = Json.object();
    ArrayNode command = made.putArray("command");
    words.forEach(command::add);
    made.put("interval", interval).put("timeout", timeout).put("startPeriod", startPeriod);
    made.put("startInterval", startInterval).put("retries", retries > 0 ? retries : RETRIES);
    return Optional.of(made);
  }

  private static List<String> words(List<String> test, JsonNode shell) {
    List<String> rest = test.subList(1, test.size());
    return switch (test.getFirst()) {
      case "CMD" -> rest;
      case "CMD-SHELL" -> {
        List<String> line = new ArrayList<>();
        shell.forEach(each -> line.add(each.asText()));
        if (line.isEmpty()) {
          line.addAll(List.of("/bin/sh", "-c"));
        }
        line.addAll(rest);
        yield line;
      }
      default ->
          throw HttpError.badRequest(
              "Unknown type: " + test.getFirst() + " in Config.Healthcheck.Test");
    };
  }

  private static long nanos(Fields check, String field, Duration otherwise) {
    long nanos = check.number(field);
    return nanos > 0 ? nanos : otherwise.toNanos();
  }
}
