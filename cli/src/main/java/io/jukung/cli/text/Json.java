package io.jukung.cli.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintStream;
import java.util.List;

/**
 * Prints and reads JSON. Jackson and protobuf's JsonFormat are loaded with this class, so commands
 * that print only text do not load them.
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
    print(tree(message), out);
  }

  /** Prints a message on one line. */
  public static void printLine(Message message, PrintStream out) {
    out.println(tree(message));
  }

  public static void print(JsonNode tree, PrintStream out) {
    try {
      out.println(PRETTY.writeValueAsString(tree));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write as JSON: " + tree, e);
    }
  }

  /** Returns a list of trees as one tree. */
  public static JsonNode list(List<? extends JsonNode> trees) {
    return MAPPER.createArrayNode().addAll(trees);
  }

  /**
   * Returns a status answer as a tree in which the values of {@code info} that hold JSON are trees
   * too, not strings.
   */
  public static JsonNode withInfo(Message answer) {
    JsonNode tree = tree(answer);
    if (tree.path("info") instanceof ObjectNode info) {
      info.properties().forEach(entry -> entry.setValue(open(entry.getValue())));
    }
    return tree;
  }

  /** Adds a message to a tree, as a field of this name, and returns the tree. */
  public static JsonNode withField(JsonNode tree, String name, Message message) {
    if (tree instanceof ObjectNode object) {
      object.set(name, tree(message));
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

  /**
   * Returns a message by the JSON mapping of proto3. Scalar fields with their default value are
   * included, message fields that are not set are left out.
   */
  private static JsonNode tree(Message message) {
    try {
      return MAPPER.readTree(
          JsonFormat.printer()
              .alwaysPrintFieldsWithNoPresence()
              .omittingInsignificantWhitespace()
              .print(message));
    } catch (InvalidProtocolBufferException | JsonProcessingException e) {
      throw new IllegalStateException(
          "cannot write as JSON: " + message.getDescriptorForType().getFullName(), e);
    }
  }

  private static JsonNode open(JsonNode value) {
    String text = value.asText();
    if (!text.startsWith("{") && !text.startsWith("[")) {
      return value;
    }
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return value; // CRI allows any text here; this one only begins like JSON.
    }
  }
}
