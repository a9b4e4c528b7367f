package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.client.LabelFilter;
import io.jukung.engine.http.HttpError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

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

  /** Whether every value of the key label fits, and none of the key label!. */
  public boolean fitsLabels(Map<String, String> labels) {
    return get("label").stream().allMatch(each -> LabelFilter.fits(labels, each))
        && get("label!").stream().noneMatch(each -> LabelFilter.fits(labels, each));
  }
}
