package io.jukung.engine.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;

/** JSON as the API has it: a document and a line break. */
public final class Json {
  /** Readers do not close the body, whose end the connection needs to know. */
  static final ObjectMapper MAPPER =
      JsonMapper.builder().disable(JsonParser.Feature.AUTO_CLOSE_SOURCE).build();

  private Json() {}

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** A list of texts. */
  public static ArrayNode texts(Collection<String> texts) {
    ArrayNode list = array();
    texts.forEach(list::add);
    return list;
  }

  /** An object of texts. */
  public static ObjectNode texts(Map<String, String> texts) {
    ObjectNode object = object();
    texts.forEach(object::put);
    return object;
  }

  /**
   * Reads what the daemon says.
   *
   * @throws IllegalArgumentException if it is no JSON
   */
  public static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** The daemon's details in a verbose answer of CRI; an object without members if it has none. */
  public static JsonNode details(Map<String, String> info) {
    return parse(info.getOrDefault("info", "{}"));
  }

  /** The document in one line, with a line break. */
  public static byte[] line(JsonNode document) {
    return (document.toString() + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
