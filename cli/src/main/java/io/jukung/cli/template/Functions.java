package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The functions of templates: those of Go's text/template, except {@code call} and {@code js}, and
 * those that docker adds. A call that does not fit throws an IllegalArgumentException whose message
 * is the rest of a sentence.
 */
final class Functions {
  private static final Pattern WORD_BEGINNING = Pattern.compile("(?<![\\p{L}\\p{N}_'])\\p{L}");

  private interface Call {
    JsonNode of(List<JsonNode> arguments);
  }

  /**
   * A function.
   *
   * @param most the greatest number of arguments; -1: there is none
   */
  private record Entry(int least, int most, Call call) {}

  private static final Map<String, Entry> ALL = new TreeMap<>();

  static {
    ALL.put("and", new Entry(1, -1, List::getLast)); // those before were true
    ALL.put("or", new Entry(1, -1, List::getLast)); // those before were false
    ALL.put("not", new Entry(1, 1, given -> BooleanNode.valueOf(!truth(given.getFirst()))));
    ALL.put("len", new Entry(1, 1, given -> LongNode.valueOf(length(given.getFirst()))));
    ALL.put("index", new Entry(1, -1, Functions::index));
    ALL.put("slice", new Entry(1, 4, Functions::slice));
    ALL.put("print", new Entry(0, -1, given -> text(Format.print(given))));
    ALL.put("println", new Entry(0, -1, given -> text(Format.printLine(given))));
    ALL.put("printf", new Entry(1, -1, Functions::printf));
    ALL.put("html", new Entry(1, -1, given -> text(html(Format.print(given)))));
    ALL.put(
        "urlquery",
        new Entry(
            1, -1, given -> text(URLEncoder.encode(Format.print(given), StandardCharsets.UTF_8))));
    ALL.put("eq", new Entry(2, -1, Functions::equalToOne));
    ALL.put("ne", compared(order -> order != 0));
    ALL.put("lt", compared(order -> order < 0));
    ALL.put("le", compared(order -> order <= 0));
    ALL.put("gt", compared(order -> order > 0));
    ALL.put("ge", compared(order -> order >= 0));
    ALL.put("json", new Entry(1, 1, given -> text(given.getFirst().toString())));
    ALL.put("join", new Entry(2, 2, Functions::join));
    ALL.put("split", new Entry(2, 2, Functions::split));
    ALL.put("lower", ofString(each -> each.toLowerCase(Locale.ROOT)));
    ALL.put("upper", ofString(each -> each.toUpperCase(Locale.ROOT)));
    ALL.put("title", ofString(Functions::title));
    ALL.put("pad", new Entry(3, 3, Functions::pad));
    ALL.put("truncate", new Entry(2, 2, Functions::truncate));
  }

  private Functions() {}

  static boolean exists(String name) {
    return ALL.containsKey(name);
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  static JsonNode call(String name, List<JsonNode> arguments) {
    Entry entry = ALL.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("there is no function " + name);
    }
    boolean tooMany = entry.most() >= 0 && arguments.size() > entry.most();
    if (arguments.size() < entry.least() || tooMany) {
      String wanted =
          entry.least() == entry.most() ? "" + entry.least() : "at least " + entry.least();
      throw new IllegalArgumentException(
          name
              + " takes "
              + (tooMany ? "at most " + entry.most() : wanted)
              + " arguments, not "
              + arguments.size());
    }
    return entry.call().of(arguments);
  }

  /** Whether a value is true: not false, not 0, not empty and not nil. */
  static boolean truth(JsonNode value) {
    return switch (value.getNodeType()) {
      case BOOLEAN -> value.booleanValue();
      case NUMBER -> value.decimalValue().signum() != 0;
      case STRING -> !value.textValue().isEmpty();
      case ARRAY, OBJECT -> !value.isEmpty();
      case NULL, MISSING -> false;
      case BINARY, POJO -> true;
    };
  }

  private interface OfOrder {
    boolean holds(int order);
  }

  private static Entry compared(OfOrder test) {
    return new Entry(
        2, 2, given -> BooleanNode.valueOf(test.holds(compare(given.getFirst(), given.getLast()))));
  }

  private static JsonNode equalToOne(List<JsonNode> given) {
    JsonNode first = given.getFirst();
    return BooleanNode.valueOf(given.stream().skip(1).anyMatch(each -> compare(first, each) == 0));
  }

  private static int compare(JsonNode one, JsonNode other) {
    if (one.isNumber() && other.isNumber()) {
      return one.decimalValue().compareTo(other.decimalValue());
    }
    if (one.isTextual() && other.isTextual()) {
      return one.textValue().compareTo(other.textValue());
    }
    if (one.isBoolean() && other.isBoolean()) {
      return Boolean.compare(one.booleanValue(), other.booleanValue());
    }
    if (one.isNull() || other.isNull()) {
      return one.isNull() && other.isNull() ? 0 : -1;
    }
    throw new IllegalArgumentException(
        Format.quoted(one) + " and " + Format.quoted(other) + " cannot be compared");
  }

  private static TextNode text(String value) {
    return TextNode.valueOf(value);
  }

  private interface OfString {
    String of(String value);
  }

  private static Entry ofString(OfString function) {
    return new Entry(1, 1, given -> text(function.of(string(given.getFirst()))));
  }

  private static String string(JsonNode value) {
    if (!value.isTextual()) {
      throw new IllegalArgumentException("a string is needed, not " + Format.printed(value));
    }
    return value.textValue();
  }

  private static int integer(JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new IllegalArgumentException("a number is needed, not " + Format.quoted(value));
    }
    return value.intValue();
  }

  /** The length of a string is that of its UTF-8 bytes, as in Go. */
  private static int length(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> value.textValue().getBytes(StandardCharsets.UTF_8).length;
      case ARRAY, OBJECT -> value.size();
      case NULL -> 0; // a list or map without anything in it
      case BINARY, BOOLEAN, MISSING, NUMBER, POJO ->
          throw new IllegalArgumentException(Format.printed(value) + " has no length");
    };
  }

  private static JsonNode index(List<JsonNode> given) {
    JsonNode value = given.getFirst();
    for (JsonNode key : given.subList(1, given.size())) {
      value = element(value, key);
    }
    return value;
  }

  private static JsonNode element(JsonNode value, JsonNode key) {
    if (value.isArray()) {
      JsonNode found = value.get(integer(key));
      if (found == null) {
        throw new IllegalArgumentException("index out of range: " + Format.printed(key));
      }
      return found;
    }
    if (!value.isObject() && !(value.isNull() && key.isTextual())) {
      throw new IllegalArgumentException(Format.printed(value) + " cannot be indexed");
    }
    JsonNode found = value.get(string(key));
    if (found != null) {
      return found;
    }
    // In Go a map of strings has empty strings for keys that are missing.
    boolean ofStrings = value.valueStream().allMatch(JsonNode::isTextual);
    return ofStrings ? text("") : NullNode.instance;
  }

  private static JsonNode slice(List<JsonNode> given) {
    JsonNode value = given.getFirst();
    int size = value.isTextual() ? value.textValue().length() : length(value);
    int from = given.size() > 1 ? integer(given.get(1)) : 0;
    int to = given.size() > 2 ? integer(given.get(2)) : size;
    if (from < 0 || to < from || to > size) {
      throw new IllegalArgumentException("slice out of range: " + from + " to " + to);
    }
    if (value.isTextual()) {
      return text(value.textValue().substring(from, to));
    }
    if (!value.isArray()) {
      throw new IllegalArgumentException(Format.printed(value) + " cannot be sliced");
    }
    ArrayNode part = JsonNodeFactory.instance.arrayNode();
    for (int i = from; i < to; i++) {
      part.add(value.get(i));
    }
    return part;
  }

  private static JsonNode printf(List<JsonNode> given) {
    return text(Format.printf(string(given.getFirst()), given.subList(1, given.size())));
  }

  private static String html(String value) {
    return value
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;");
  }

  private static JsonNode join(List<JsonNode> given) {
    JsonNode list = given.getFirst();
    if (!list.isArray() && !list.isNull()) {
      throw new IllegalArgumentException("join takes a list, not " + Format.printed(list));
    }
    List<String> words = new ArrayList<>();
    list.forEach(each -> words.add(string(each)));
    return text(String.join(string(given.getLast()), words));
  }

  private static JsonNode split(List<JsonNode> given) {
    String value = string(given.getFirst());
    String separator = string(given.getLast());
    ArrayNode parts = JsonNodeFactory.instance.arrayNode();
    String[] words =
        separator.isEmpty()
            ? value.codePoints().mapToObj(Character::toString).toArray(String[]::new)
            : value.split(Pattern.quote(separator), -1);
    Arrays.stream(words).forEach(parts::add);
    return parts;
  }

  private static String title(String value) {
    return WORD_BEGINNING
        .matcher(value)
        .replaceAll(match -> match.group().toUpperCase(Locale.ROOT));
  }

  private static JsonNode pad(List<JsonNode> given) {
    String value = string(given.getFirst());
    return text(
        value.isEmpty()
            ? value
            : " ".repeat(spaces(given.get(1))) + value + " ".repeat(spaces(given.get(2))));
  }

  private static int spaces(JsonNode value) {
    return Math.clamp(integer(value), 0, Format.MAX_WIDTH);
  }

  private static JsonNode truncate(List<JsonNode> given) {
    String value = string(given.getFirst());
    int length = Math.max(0, integer(given.getLast()));
    return text(value.substring(0, Math.min(length, value.length())));
  }
}
