package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Values as text, in the forms of Go's package fmt. */
final class Format {
  /** The widest field: more is a mistake. */
  static final int MAX_WIDTH = 10_000;

  private static final Pattern VERB =
      Pattern.compile(
          "%(?<flags>[-+# 0]*)(?<width>\\d{1,4})?(?:\\.(?<precision>\\d{0,4}))?(?<verb>.)?",
          Pattern.DOTALL);

  /** Larger and smaller numbers are printed with an exponent. */
  private static final int MAX_PLAIN_EXPONENT = 21;

  private static final int MIN_PLAIN_EXPONENT = -4;

  private Format() {}

  /** Returns what an action prints. */
  static String printed(JsonNode value) {
    return value.isNull() && !(value instanceof Nil) ? "<no value>" : plain(value);
  }

  /** Returns a value for an error text. */
  static String quoted(JsonNode value) {
    return value.isTextual() ? TextNode.valueOf(value.textValue()).toString() : printed(value);
  }

  /** As Go's {@code %v}. */
  private static String plain(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> value.textValue();
      case NUMBER -> value.isIntegralNumber() ? value.asText() : number(value.doubleValue());
      case ARRAY ->
          value.valueStream().map(Format::plain).collect(Collectors.joining(" ", "[", "]"));
      case OBJECT -> {
        TreeMap<String, String> sorted = new TreeMap<>();
        value.properties().forEach(each -> sorted.put(each.getKey(), plain(each.getValue())));
        yield sorted.entrySet().stream()
            .map(each -> each.getKey() + ":" + each.getValue())
            .collect(Collectors.joining(" ", "map[", "]"));
      }
      case NULL, MISSING -> value instanceof Nil nil ? nil.printed() : "<nil>";
      case BOOLEAN, BINARY, POJO -> value.asText();
    };
  }

  /** As Go's {@code %v} of a floating point number. */
  private static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.signum() == 0 ? 0 : decimal.precision() - decimal.scale() - 1;
    if (exponent >= MIN_PLAIN_EXPONENT && exponent < MAX_PLAIN_EXPONENT) {
      return decimal.toPlainString();
    }
    return withExponent(decimal, exponent, 'e');
  }

  private static String withExponent(BigDecimal decimal, int exponent, char letter) {
    return decimal.movePointLeft(exponent).toPlainString()
        + letter
        + (exponent < 0 ? '-' : '+')
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** Writes a space between two values of which neither is a string, as fmt.Sprint. */
  static String print(List<JsonNode> values) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      boolean gap = i > 0 && !values.get(i).isTextual() && !values.get(i - 1).isTextual();
      line.append(gap ? " " : "").append(plain(values.get(i)));
    }
    return line.toString();
  }

  static String printLine(List<JsonNode> values) {
    return values.stream().map(Format::plain).collect(Collectors.joining(" ", "", "\n"));
  }

  /** As fmt.Sprintf. An argument that does not fit is named in the text, as Go does it. */
  static String printf(String format, List<JsonNode> arguments) {
    StringBuilder line = new StringBuilder();
    Matcher matcher = VERB.matcher(format);
    int used = 0;
    while (matcher.find()) {
      String verb = matcher.group("verb");
      String shown;
      if (verb == null) {
        shown = "%!(NOVERB)";
      } else if (verb.equals("%")) {
        shown = "%";
      } else if (used == arguments.size()) {
        shown = "%!" + verb + "(MISSING)";
      } else {
        shown = padded(matcher, one(matcher, verb.charAt(0), arguments.get(used)));
        used++;
      }
      matcher.appendReplacement(line, Matcher.quoteReplacement(shown));
    }
    matcher.appendTail(line);
    if (used < arguments.size()) {
      line.append(
          arguments.stream()
              .skip(used)
              .map(each -> type(each) + "=" + plain(each))
              .collect(Collectors.joining(", ", "%!(EXTRA ", ")")));
    }
    return line.toString();
  }

  private static String padded(Matcher matcher, String text) {
    String width = matcher.group("width");
    int missing =
        width == null ? 0 : Integer.parseInt(width) - text.codePointCount(0, text.length());
    if (missing <= 0) {
      return text;
    }
    String flags = matcher.group("flags");
    if (flags.contains("-")) {
      return text + " ".repeat(missing);
    }
    boolean zeros = flags.contains("0") && text.matches("[-+]?[0-9].*");
    if (!zeros) {
      return " ".repeat(missing) + text;
    }
    int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    return text.substring(0, sign) + "0".repeat(missing) + text.substring(sign);
  }

  private static String one(Matcher matcher, char verb, JsonNode value) {
    String precision = matcher.group("precision");
    int digits = precision == null ? -1 : precision.isEmpty() ? 0 : Integer.parseInt(precision);
    String plus = matcher.group("flags").contains("+") ? "+" : "";
    return switch (verb) {
      case 'v' -> plain(value);
      case 's' ->
          value.isTextual() || value.isContainerNode()
              ? cut(plain(value), digits)
              : wrong(verb, value);
      case 'q' -> value.isTextual() ? value.toString() : wrong(verb, value);
      case 't' -> value.isBoolean() ? plain(value) : wrong(verb, value);
      case 'd' -> value.isIntegralNumber() ? signed(plus, plain(value)) : wrong(verb, value);
      case 'x', 'X' -> hexadecimal(verb, value);
      case 'c' ->
          value.isIntegralNumber() ? Character.toString(value.intValue()) : wrong(verb, value);
      case 'f', 'F' -> value.isNumber() ? signed(plus, fixed(value, digits)) : wrong(verb, value);
      case 'e' -> value.isNumber() ? signed(plus, scientific(value, digits)) : wrong(verb, value);
      case 'g' -> value.isNumber() ? signed(plus, number(value.doubleValue())) : wrong(verb, value);
      default -> wrong(verb, value);
    };
  }

  private static String signed(String plus, String number) {
    return number.startsWith("-") ? number : plus + number;
  }

  private static String cut(String text, int length) {
    return length < 0 ? text : text.substring(0, Math.min(length, text.length()));
  }

  private static String fixed(JsonNode value, int digits) {
    return value
        .decimalValue()
        .setScale(digits < 0 ? 6 : digits, RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  private static String scientific(JsonNode value, int digits) {
    int precision = (digits < 0 ? 6 : digits) + 1;
    BigDecimal decimal =
        value.decimalValue().round(new MathContext(precision, RoundingMode.HALF_EVEN));
    int exponent = decimal.signum() == 0 ? 0 : decimal.precision() - decimal.scale() - 1;
    return withExponent(
        decimal.setScale(precision - 1 - exponent, RoundingMode.HALF_EVEN), exponent, 'e');
  }

  private static String hexadecimal(char verb, JsonNode value) {
    if (!value.isIntegralNumber()) {
      return wrong(verb, value);
    }
    String digits = value.bigIntegerValue().toString(16);
    return verb == 'X' ? digits.toUpperCase(Locale.ROOT) : digits;
  }

  private static String wrong(char verb, JsonNode value) {
    return "%!" + verb + "(" + type(value) + "=" + plain(value) + ")";
  }

  private static String type(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() ? "int" : "float64";
      case ARRAY -> "[]interface {}";
      case OBJECT -> "map[string]interface {}";
      case NULL, MISSING, BINARY, POJO -> "<nil>";
    };
  }
}
