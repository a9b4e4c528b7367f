package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.client.LabelFilter;
import io.jukung.cri.docker.DockerMoment;
import io.jukung.engine.http.ApiTime;
import io.jukung.engine.http.HttpError;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The parameter {@code filters}: for each key the values of which one has to fit. */
public final class Filters {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /**
   * Reads both of docker's forms: {@code {"key":["value"]}} and {@code {"key":{"value":true}}}.
   *
   * @param known the keys that the route has
   * @throws HttpError 400 for another key
   */
  public Filters(JsonNode json, Set<String> known) {
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      if (!known.contains(each.getKey())) {
        throw HttpError.badRequest("invalid filter '" + each.getKey() + "'");
      }
      List<String> texts = new ArrayList<>();
      if (each.getValue().isObject()) {
        each.getValue().fieldNames().forEachRemaining(texts::add);
      } else {
        each.getValue().forEach(value -> texts.add(value.asText()));
      }
      values.put(each.getKey(), texts);
    }
  }

  public List<String> get(String key) {
    return values.getOrDefault(key, List.of());
  }

  public boolean has(String key) {
    return !get(key).isEmpty();
  }

  /** Whether one of the key's values fits, or there are none. */
  public boolean fits(String key, Predicate<String> fit) {
    return !has(key) || get(key).stream().anyMatch(fit);
  }

  /** As {@link #fits}, where a value is an expression that fits somewhere in one of the texts. */
  public boolean fitsExpression(String key, String... texts) {
    return fits(key, value -> Arrays.stream(texts).anyMatch(text -> isFound(value, text)));
  }

  private static boolean isFound(String expression, String text) {
    try {
      return text.equals(expression) || Pattern.compile(expression).matcher(text).find();
    } catch (PatternSyntaxException e) {
      return text.contains(expression);
    }
  }

  /**
   * As {@link #fits} for a key whose values are truths.
   *
   * @throws HttpError 400 if a value is none
   */
  public boolean fitsTruth(String key, boolean truth) {
    return fits(
        key,
        value ->
            switch (value) {
              case "1", "true", "True", "TRUE", "t", "T" -> truth;
              case "0", "false", "False", "FALSE", "f", "F" -> !truth;
              default -> throw invalid(key, value);
            });
  }

  /**
   * The time of the key until, before which things have to be made.
   *
   * @throws HttpError 400 if it is no time, or there are several
   */
  public Optional<Instant> until() {
    if (get("until").size() > 1) {
      throw HttpError.badRequest("more than one until filter specified");
    }
    return get("until").stream().findFirst().map(text -> ApiTime.parse("until", text));
  }

  /**
   * The points in time that a key names.
   *
   * @throws HttpError 400 if a value is none
   */
  public List<Instant> times(String key, Instant now) {
    List<Instant> times = new ArrayList<>();
    for (String each : get(key)) {
      try {
        times.add(DockerMoment.parse(each, now));
      } catch (DateTimeException e) {
        throw HttpError.badRequest("invalid filter '" + key + "=" + each + "': it is not a time");
      }
    }
    return times;
  }

  /** The error for a value that the key does not have. */
  public static HttpError invalid(String key, String value) {
    return HttpError.badRequest("invalid filter '" + key + "=" + value + "'");
  }

  /** Whether every value of the key label fits, and none of the key label!. */
  public boolean fitsLabels(Map<String, String> labels) {
    return get("label").stream().allMatch(each -> LabelFilter.fits(labels, each))
        && get("label!").stream().noneMatch(each -> LabelFilter.fits(labels, each));
  }
}
