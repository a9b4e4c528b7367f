package io.jukung.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.google.protobuf.Message;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Prints JSON. Commands that do not use this load no Jackson. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ObjectWriter PRETTY =
      MAPPER.writer(
          new DefaultPrettyPrinter()
              .withObjectIndenter(new DefaultIndenter("  ", "\n"))
              .withArrayIndenter(new DefaultIndenter("  ", "\n")));

  private Json() {}

  static void print(Message message, PrintStream out) {
    print(ProtoTree.of(message), out);
  }

  static void print(Object tree, PrintStream out) {
    try {
      out.println(PRETTY.writeValueAsString(tree));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists and scalars are JSON", e);
    }
  }

  /** A status answer whose {@code info} values, JSON inside strings, become JSON. */
  static Map<String, Object> withInfo(Message answer) {
    var tree = new LinkedHashMap<>(ProtoTree.of(answer));
    if (tree.get("info") instanceof Map<?, ?> info) {
      var opened = new LinkedHashMap<String, Object>();
      info.forEach((key, value) -> opened.put(String.valueOf(key), open(String.valueOf(value))));
      tree.put("info", opened);
    }
    return tree;
  }

  /** What a daemon has said; an empty tree where it is no JSON. */
  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return MAPPER.createObjectNode();
    }
  }

  private static Object open(String value) {
    if (!value.startsWith("{") && !value.startsWith("[")) {
      return value;
    }
    try {
      return MAPPER.readTree(value);
    } catch (JsonProcessingException e) {
      return value; // free-form by contract: a text that only begins like JSON
    }
  }
}
