package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.engine.http.HttpError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of one object of a request. A field that is set and that nobody has asked for is an
 * error, so that nothing is ignored. Used by one thread.
 */
public final class Fields {
  private final String name;
  private final JsonNode object;
  private final Set<String> known = new HashSet<>();

  /**
   * @param name the object's, for error texts
   */
  public Fields(String name, JsonNode object) {
    this.name = name;
    this.object = object;
    if (!object.isObject() && !object.isNull() && !object.isMissingNode()) {
      throw HttpError.badRequest(name + " is not an object");
    }
  }

  JsonNode get(String field) {
    known.add(field);
    return object.path(field);
  }

  /** Takes note of fields that change nothing here. */
  public Fields without(String... fields) {
    known.addAll(List.of(fields));
    return this;
  }

  public String text(String field) {
    JsonNode value = get(field);
    if (!value.isTextual() && !value.isNull() && !value.isMissingNode()) {
      throw wrong(field, "a text");
    }
    return value.asText("").equals("null") ? "" : value.asText("");
  }

  public boolean flag(String field) {
    return get(field).asBoolean(false);
  }

  long number(String field) {
    JsonNode value = get(field);
    if (!value.isNumber() && !value.isNull() && !value.isMissingNode()) {
      throw wrong(field, "a number");
    }
    return value.asLong(0);
  }

  public List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    JsonNode value = get(field);
    if (value.isTextual()) {
      return List.of(value.asText()); // docker takes one text for a list of one
    }
    for (JsonNode each : value) {
      if (!each.isTextual()) {
        throw wrong(field, "a list of texts");
      }
      texts.add(each.asText());
    }
    return texts;
  }

  public Map<String, String> map(String field) {
    Map<String, String> map = new LinkedHashMap<>();
    get(field).properties().forEach(each -> map.put(each.getKey(), each.getValue().asText("")));
    return map;
  }

  /** The names of all fields. */
  List<String> names() {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  public Fields object(String field) {
    return new Fields(name + "." + field, get(field));
  }

  /** The fields of each object of a list. */
  public List<Fields> objects(String field) {
    List<Fields> objects = new ArrayList<>();
    get(field).forEach(each -> objects.add(new Fields(name + "." + field, each)));
    return objects;
  }

  HttpError wrong(String field, String what) {
    return HttpError.badRequest("invalid " + name + "." + field + ": it is not " + what);
  }

  /** The error for a field that asks for what is not there. */
  HttpError notImplemented(String field) {
    return HttpError.notImplemented(name + "." + field);
  }

  /**
   * Refuses a field that is set and was not asked for.
   *
   * @throws HttpError 501 that names the field
   */
  public void requireNoOther() {
    object
        .properties()
        .forEach(
            each -> {
              if (!known.contains(each.getKey()) && isSet(each.getValue())) {
                throw notImplemented(each.getKey());
              }
            });
  }

  /** Whether there is a value, which may ask for nothing. */
  public static boolean isPresent(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> false;
      case STRING -> !value.asText().isEmpty();
      case BOOLEAN, NUMBER, BINARY, POJO -> true;
      case ARRAY, OBJECT -> !value.isEmpty();
    };
  }

  /** Whether a value asks for anything. */
  public static boolean isSet(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> false;
      case BOOLEAN -> value.asBoolean();
      case NUMBER -> value.asDouble() != 0;
      case STRING -> !value.asText().isEmpty();
      case ARRAY, OBJECT -> value.valueStream().anyMatch(Fields::isSet);
      case BINARY, POJO -> true;
    };
  }
}
