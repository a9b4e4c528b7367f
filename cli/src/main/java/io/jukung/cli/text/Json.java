package io.jukung.cli.text;

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

/**
 * Prints and reads JSON. Jackson is loaded with this class, so commands that print only text do not
 * load it.
 */
public final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ObjectWriter PRETTY =
      MAPPER.writer(
          new DefaultPrettyPrinter()
              .withObjectIndenter(new DefaultIndenter("  ", "\n"))
              .withArrayIndenter(new DefaultIndenter("  ", "\n")));

  private Json() {}

  public static void print(Message message, PrintStream out) {
    print(ProtoTree.of(message), out);
  }

  public static void print(Object tree, PrintStream out) {
    try {
      out.println(PRETTY.writeValueAsString(tree));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write as JSON: " + tree, e);
    }
  }

  /**
   * Returns a status answer as a tree in which the values of {@code info} that hold JSON are trees
   * too, not strings.
   */
  public static Map<String, Object> withInfo(Message answer) {
    var tree = new LinkedHashMap<>(ProtoTree.of(answer));
    if (tree.get("info") instanceof Map<?, ?> info) {
      var opened = new LinkedHashMap<String, Object>();
      info.forEach((key, value) -> opened.put(String.valueOf(key), open(String.valueOf(value))));
      tree.put("info", opened);
    }
    return tree;
  }

  /** Returns a text from the daemon as a tree, which is empty where the text is not JSON. */
  public static JsonNode parse(String text) {
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
      return value; // CRI allows any text here; this one only begins like JSON.
    }
  }
}
