package io.jukung.image.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An object of a JSON document from a registry or an archive. The content is not trusted: a
 * duplicate name, a value of a wrong type, or more items than allowed is a {@link CriException}
 * FAILED_PRECONDITION that names the document and the field.
 */
public final class JsonDocument {
  private static final int MAX_DEPTH = 64;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          // Programs that treat duplicates differently would see two images (CVE-2021-41190).
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String what;
  private final JsonNode node;

  private JsonDocument(String what, JsonNode node) {
    this.what = what;
    this.node = node;
  }

  /**
   * Parses a document whose root is an object.
   *
   * @param what the document's name in messages, such as {@code manifest sha256:…}
   */
  public static JsonDocument parse(String what, byte[] content) {
    JsonNode root = tree(what, content);
    if (!root.isObject()) {
      throw refused(what, "it is not a JSON object", null);
    }
    return new JsonDocument(what, root);
  }

  private static JsonNode tree(String what, byte[] content) {
    try {
      return MAPPER.readTree(content);
    } catch (JsonProcessingException e) {
      throw refused(what, "it is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw refused(what, "it is not JSON: " + e.getMessage(), e);
    }
  }

  /** Parses a document whose root is a list of objects. */
  public static List<JsonDocument> parseList(String what, byte[] content, int maxItems) {
    // The list becomes the one field of an object, so that objects() reads it.
    ObjectNode wrapped = JsonNodeFactory.instance.objectNode();
    wrapped.set("items", tree(what, content));
    return new JsonDocument(what, wrapped).objects("items", maxItems);
  }

  /** The names of all fields, in the document's order. */
  public List<String> fields() {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Whether the field exists, even if it is null, as Go's encoder writes an empty list. */
  public boolean states(String field) {
    return node.has(field);
  }

  /** Whether the field exists and is not null. */
  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** The field's string; empty if the field is absent or null. */
  public Optional<String> string(String field) {
    if (!has(field)) {
      return Optional.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isTextual()) {
      throw wrongType(field, "a string");
    }
    return Optional.of(value.textValue());
  }

  /** Whether the field is true; false if it is absent or null. */
  public boolean flag(String field) {
    if (!has(field)) {
      return false;
    }
    JsonNode value = node.get(field);
    if (!value.isBoolean()) {
      throw wrongType(field, "true or false");
    }
    return value.booleanValue();
  }

  /** The field's string, which must exist. */
  public String requiredString(String field) {
    return string(field).orElseThrow(() -> refused("it has no " + field));
  }

  /** The field's number, which must exist and be a whole number of at least 0. */
  public long requiredSize(String field) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw wrongType(field, "a whole number of at least 0");
    }
    return value.longValue();
  }

  /** The field's digest, which must exist. */
  public Digest requiredDigest(String field) {
    try {
      return Digest.parse(requiredString(field));
    } catch (IllegalArgumentException e) {
      throw refused("its " + field + ": " + e.getMessage());
    }
  }

  /** The field's object; empty if the field is absent or null. */
  public Optional<JsonDocument> object(String field) {
    if (!has(field)) {
      return Optional.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isObject()) {
      throw wrongType(field, "an object");
    }
    return Optional.of(new JsonDocument(what + ", " + field, value));
  }

  /** The objects of the field's list; empty if the field is absent or null. */
  public List<JsonDocument> objects(String field, int maxItems) {
    List<JsonDocument> items = new ArrayList<>();
    for (JsonNode item : array(field, maxItems)) {
      if (!item.isObject()) {
        throw wrongType(field, "a list of objects");
      }
      items.add(new JsonDocument("%s, %s[%d]".formatted(what, field, items.size()), item));
    }
    return items;
  }

  /** The strings of the field's list; empty if the field is absent or null. */
  public List<String> strings(String field, int maxItems) {
    List<String> items = new ArrayList<>();
    for (JsonNode item : array(field, maxItems)) {
      if (!item.isTextual()) {
        throw wrongType(field, "a list of strings");
      }
      items.add(item.textValue());
    }
    return items;
  }

  /**
   * The strings of the field's object by their names, in the document's order; empty if the field
   * is absent or null.
   */
  public Map<String, String> stringMap(String field, int maxItems) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String name : names(field, maxItems)) {
      JsonNode value = node.get(field).get(name);
      if (!value.isTextual()) {
        throw wrongType(field, "an object of strings");
      }
      map.put(name, value.textValue());
    }
    return map;
  }

  /**
   * The names of the field's object, whose values are ignored, in the document's order; empty if
   * the field is absent or null.
   */
  public List<String> names(String field, int maxItems) {
    List<String> names = new ArrayList<>();
    object(field).ifPresent(object -> object.node.fieldNames().forEachRemaining(names::add));
    if (names.size() > maxItems) {
      throw refused("its %s has more than %d entries".formatted(field, maxItems));
    }
    return names;
  }

  /** Creates the error for a document whose content is not accepted. */
  public CriException refused(String reason) {
    return refused(what, reason, null);
  }

  private Iterable<JsonNode> array(String field, int maxItems) {
    if (!has(field)) {
      return List.of();
    }
    JsonNode value = node.get(field);
    if (!value.isArray()) {
      throw wrongType(field, "a list");
    }
    if (value.size() > maxItems) {
      throw refused("its %s has more than %d entries".formatted(field, maxItems));
    }
    return value;
  }

  private CriException wrongType(String field, String wanted) {
    return refused("its %s is not %s".formatted(field, wanted));
  }

  private static CriException refused(String what, String reason, @Nullable Throwable cause) {
    return new CriException(ErrorKind.FAILED_PRECONDITION, what + " is refused: " + reason, cause);
  }
}
