package io.jukung.runtime.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A template of a network configuration in the notation of Go's text/template, as far as the
 * templates that are about for container runtimes use it: fields, variables, {@code if}, {@code
 * range}, {@code else}, {@code end}, comments, and the trimming of spaces by <code>{{-</code> and
 * <code>-}}</code>. Anything else is an error that names it.
 *
 * <pre>
 * {{.PodCIDR}}   {{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}
 * </pre>
 */
final class ConfigurationTemplate {
  private static final Pattern ACTION =
      Pattern.compile("\\{\\{(?<left>- )?\\s*(?<action>.*?)\\s*(?<right> -)?}}", Pattern.DOTALL);

  private static final Pattern COMMENT = Pattern.compile("/\\*.*\\*/", Pattern.DOTALL);

  private static final Pattern RANGE =
      Pattern.compile(
          "range\\s+(?:(?<first>\\$\\w+)\\s*(?:,\\s*(?<second>\\$\\w+)\\s*)?:=\\s*)?(?<list>\\S+)");

  private static final Pattern IF = Pattern.compile("if\\s+(?<condition>\\S+)");

  /** {@code .}, {@code .Field}, {@code $}, {@code $.Field}, {@code $variable}. */
  private static final Pattern VALUE =
      Pattern.compile("(?<variable>\\$\\w*)?(?:\\.(?<field>\\w*))?");

  /** No template that a person writes is as deep; a bound for the stack. */
  private static final int MAX_DEPTH = 50;

  private final List<Token> tokens;
  private final List<Node> nodes;
  private int next;

  private ConfigurationTemplate(String text) {
    this.tokens = tokens(text);
    this.nodes = parse(0);
    if (next < tokens.size()) {
      throw new IllegalArgumentException(tokens.get(next) + " without a beginning");
    }
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if there is something in it that is not known; the message
   *     names it
   */
  static ConfigurationTemplate parse(String text) {
    return new ConfigurationTemplate(text);
  }

  /**
   * Fills it in.
   *
   * @param fields strings, and lists of strings
   * @throws IllegalArgumentException where it asks for one that is not among them
   */
  String render(Map<String, Object> fields) {
    StringBuilder text = new StringBuilder();
    render(nodes, new Scope(fields, fields, Map.of()), text);
    return text.toString();
  }

  private record Token(boolean isAction, String text, int line) {
    @Override
    public String toString() {
      return "line " + line + ": {{" + text + "}}";
    }
  }

  private sealed interface Node {
    record Text(String text) implements Node {}

    record Value(Token token) implements Node {}

    record If(Token token, String condition, List<Node> then, List<Node> otherwise)
        implements Node {}

    record Range(
        Token token,
        String list,
        @Nullable String index,
        @Nullable String element,
        List<Node> each,
        List<Node> otherwise)
        implements Node {}
  }

  private record Scope(
      Map<String, Object> root, Object dot, Map<@Nullable String, Object> variables) {
    Scope with(Object newDot, @Nullable String index, int number, @Nullable String element) {
      Map<@Nullable String, Object> more = new HashMap<>(variables);
      more.put(index, number);
      more.put(element, newDot);
      return new Scope(root, newDot, more);
    }
  }

  private static List<Token> tokens(String text) {
    List<Token> tokens = new ArrayList<>();
    Matcher matcher = ACTION.matcher(text);
    int end = 0;
    int line = 1;
    boolean trim = false;
    while (matcher.find()) {
      String before = text.substring(end, matcher.start());
      line += (int) before.chars().filter(c -> c == '\n').count();
      before = trim ? before.stripLeading() : before;
      tokens.add(
          new Token(false, matcher.group("left") != null ? before.stripTrailing() : before, 0));
      String action = matcher.group("action");
      if (!COMMENT.matcher(action).matches()) {
        tokens.add(new Token(true, action, line));
      }
      line += (int) matcher.group().chars().filter(c -> c == '\n').count();
      trim = matcher.group("right") != null;
      end = matcher.end();
    }
    String rest = text.substring(end);
    if (rest.contains("{{")) {
      throw new IllegalArgumentException("{{ without }}");
    }
    tokens.add(new Token(false, trim ? rest.stripLeading() : rest, 0));
    return tokens;
  }

  /** Up to an {@code else} or {@code end}, which stays, or to the end of the text. */
  private List<Node> parse(int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("nested more than " + MAX_DEPTH + " deep");
    }
    List<Node> parsed = new ArrayList<>();
    while (next < tokens.size()) {
      Token token = tokens.get(next);
      if (!token.isAction()) {
        parsed.add(new Node.Text(token.text()));
        next++;
        continue;
      }
      if (token.text().equals("end") || token.text().matches("else\\b.*")) {
        return parsed;
      }
      next++;
      Matcher range = RANGE.matcher(token.text());
      Matcher condition = IF.matcher(token.text());
      if (range.matches()) {
        boolean both = range.group("second") != null;
        String index = both ? range.group("first") : null;
        String element = both ? range.group("second") : range.group("first");
        String list = checked(token, range.group("list"));
        List<Node> each = parse(depth + 1);
        parsed.add(new Node.Range(token, list, index, element, each, otherwise(token, depth)));
      } else if (condition.matches()) {
        parsed.add(parseIf(token, condition.group("condition"), depth));
      } else {
        checked(token, token.text());
        parsed.add(new Node.Value(token));
      }
    }
    return parsed;
  }

  private Node parseIf(Token token, String condition, int depth) {
    checked(token, condition);
    List<Node> then = parse(depth + 1);
    return new Node.If(token, condition, then, otherwise(token, depth));
  }

  /** What follows {@code else}, if there is one, up to the {@code end} of {@code opening}. */
  private List<Node> otherwise(Token opening, int depth) {
    if (next == tokens.size()) {
      throw new IllegalArgumentException(opening + " without {{end}}");
    }
    Token token = tokens.get(next++);
    if (token.text().equals("end")) {
      return List.of();
    }
    String what = token.text().substring("else".length()).strip();
    Matcher condition = IF.matcher(what);
    if (condition.matches()) {
      return List.of(parseIf(token, condition.group("condition"), depth + 1)); // one end for both
    }
    if (!what.isEmpty()) {
      throw unknown(token);
    }
    List<Node> otherwise = parse(depth + 1);
    if (next == tokens.size() || !tokens.get(next).text().equals("end")) {
      throw new IllegalArgumentException(opening + " without {{end}}");
    }
    next++;
    return otherwise;
  }

  private static String checked(Token token, String value) {
    if (value.isEmpty() || !VALUE.matcher(value).matches()) {
      throw unknown(token);
    }
    return value;
  }

  private static IllegalArgumentException unknown(Token token) {
    return new IllegalArgumentException(
        token + " is not known here; known are .PodCIDR, .PodCIDRRanges, .Routes, if and range");
  }

  private static void render(List<Node> nodes, Scope scope, StringBuilder text) {
    for (Node node : nodes) {
      switch (node) {
        case Node.Text literal -> text.append(literal.text());
        case Node.Value value -> text.append(goText(value(value.token().text(), value, scope)));
        case Node.If branch ->
            render(
                isTrue(value(branch.condition(), branch, scope))
                    ? branch.then()
                    : branch.otherwise(),
                scope,
                text);
        case Node.Range range -> renderRange(range, scope, text);
      }
    }
  }

  private static void renderRange(Node.Range range, Scope scope, StringBuilder text) {
    if (!(value(range.list(), range, scope) instanceof List<?> list)) {
      throw new IllegalArgumentException(range.token() + " is not about a list");
    }
    if (list.isEmpty()) {
      render(range.otherwise(), scope, text);
    }
    for (int i = 0; i < list.size(); i++) {
      render(range.each(), scope.with(list.get(i), range.index(), i, range.element()), text);
    }
  }

  private static Object value(String expression, Node node, Scope scope) {
    Matcher matcher = VALUE.matcher(expression);
    Object value = scope.dot();
    if (matcher.matches()) {
      String variable = matcher.group("variable");
      if (variable != null) {
        value = variable.equals("$") ? scope.root() : scope.variables().get(variable);
      }
      String field = matcher.group("field");
      if (field != null && !field.isEmpty()) {
        value = value instanceof Map<?, ?> fields ? fields.get(field) : null;
      }
    }
    if (value == null) {
      throw new IllegalArgumentException(expression + " has no value in " + token(node));
    }
    return value;
  }

  private static Token token(Node node) {
    return switch (node) {
      case Node.Text literal -> new Token(false, literal.text(), 0);
      case Node.Value value -> value.token();
      case Node.If branch -> branch.token();
      case Node.Range range -> range.token();
    };
  }

  private static boolean isTrue(Object value) {
    return switch (value) {
      case Integer number -> number != 0;
      case List<?> list -> !list.isEmpty();
      default -> !value.toString().isEmpty();
    };
  }

  /** As Go prints it. */
  private static String goText(Object value) {
    return value instanceof List<?> list
        ? "[" + String.join(" ", list.stream().map(String::valueOf).toList()) + "]"
        : value.toString();
  }
}
