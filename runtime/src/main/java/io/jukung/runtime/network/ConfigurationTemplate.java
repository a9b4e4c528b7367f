package io.jukung.runtime.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A template of a network configuration in the notation of Go's text/template. Of that language
 * only those forms are read that the templates for containerd's {@code conf_template} use:
 *
 * <pre>
 * {{.PodCIDR}}
 * {{range .Routes}}{"dst": "{{.}}"}{{end}}
 * {{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{"subnet": "{{$range}}"}]{{end}}
 * </pre>
 *
 * Comments, and the trimming of spaces by <code>{{-</code> and <code>-}}</code>, are read as well.
 * Any other form is an error that names the form and its line.
 */
final class ConfigurationTemplate {
  private static final Pattern ACTION =
      Pattern.compile("\\{\\{(?<left>- )?\\s*(?<action>.*?)\\s*(?<right> -)?}}", Pattern.DOTALL);

  private static final Pattern COMMENT = Pattern.compile("/\\*.*\\*/", Pattern.DOTALL);

  private static final Pattern FIELD = Pattern.compile("\\.(?<name>\\w+)");

  private static final Pattern RANGE =
      Pattern.compile(
          "range\\s+(?:(?:(?<index>\\$\\w+)\\s*,\\s*)?(?<element>\\$\\w+)\\s*:=\\s*)?\\.(?<list>\\w+)");

  private static final Pattern IF = Pattern.compile("if\\s+(?<index>\\$\\w+)");

  private final List<Token> tokens;

  private ConfigurationTemplate(List<Token> tokens) {
    this.tokens = tokens;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if an action has no end
   */
  static ConfigurationTemplate parse(String text) {
    return new ConfigurationTemplate(tokens(text));
  }

  /**
   * Fills the template in.
   *
   * @param texts the values of fields that are texts
   * @param lists the values of fields that are lists of texts
   * @throws IllegalArgumentException if a form or a field is not known; the message names it
   */
  String render(Map<String, String> texts, Map<String, List<String>> lists) {
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      Matcher range = RANGE.matcher(token.text());
      Matcher field = FIELD.matcher(token.text());
      if (!token.isAction()) {
        result.append(token.text());
      } else if (range.matches()) {
        List<String> list = value(token, lists, range.group("list"));
        int end = endOf(i);
        List<Token> body = tokens.subList(i + 1, end);
        for (int n = 0; n < list.size(); n++) {
          renderElement(body, range, n == 0, list.get(n), result);
        }
        i = end;
      } else if (field.matches()) {
        result.append(value(token, texts, field.group("name")));
      } else {
        throw unknown(token);
      }
    }
    return result.toString();
  }

  /** Renders what is between a {@code range} and its {@code end} for one element of the list. */
  private static void renderElement(
      List<Token> body, Matcher range, boolean isFirst, String element, StringBuilder result) {
    boolean inIf = false;
    for (Token token : body) {
      Matcher condition = IF.matcher(token.text());
      if (!token.isAction()) {
        result.append(inIf && isFirst ? "" : token.text());
      } else if (token.text().equals("end")) {
        inIf = false;
      } else if (!inIf && token.text().equals(elementName(range))) {
        result.append(element);
      } else if (!inIf
          && condition.matches()
          && condition.group("index").equals(range.group("index"))) {
        inIf = true; // the index of the first element is 0, which is false
      } else {
        throw unknown(token);
      }
    }
  }

  private static String elementName(Matcher range) {
    @Nullable String variable = range.group("element");
    return variable == null ? "." : variable;
  }

  /** Returns the index of the {@code end} that belongs to a {@code range}. */
  private int endOf(int range) {
    boolean inIf = false;
    for (int i = range + 1; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.isAction() && token.text().equals("end")) {
        if (!inIf) {
          return i;
        }
        inIf = false;
      } else if (token.isAction() && IF.matcher(token.text()).matches()) {
        if (inIf) {
          throw unknown(token);
        }
        inIf = true;
      }
    }
    throw new IllegalArgumentException(tokens.get(range) + " without {{end}}");
  }

  private static <V> V value(Token token, Map<String, V> values, String name) {
    V value = values.get(name);
    if (value == null) {
      throw unknown(token);
    }
    return value;
  }

  private static IllegalArgumentException unknown(Token token) {
    return new IllegalArgumentException(
        token
            + " is not known here; known are {{.PodCIDR}}, and {{range .PodCIDRRanges}} and {{range"
            + " .Routes}} with {{.}}, or with variables and {{if $index}}, up to {{end}}");
  }

  /**
   * A piece of the template.
   *
   * @param isAction whether the text was between double braces
   */
  private record Token(boolean isAction, String text, int line) {
    @Override
    public String toString() {
      return "line " + line + ": {{" + text + "}}";
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
      line += lines(before);
      before = trim ? before.stripLeading() : before;
      tokens.add(
          new Token(false, matcher.group("left") != null ? before.stripTrailing() : before, line));
      String action = matcher.group("action");
      if (!COMMENT.matcher(action).matches()) {
        tokens.add(new Token(true, action, line));
      }
      line += lines(matcher.group());
      trim = matcher.group("right") != null;
      end = matcher.end();
    }
    String rest = text.substring(end);
    if (rest.contains("{{")) {
      throw new IllegalArgumentException("{{ without }}");
    }
    tokens.add(new Token(false, trim ? rest.stripLeading() : rest, line));
    return tokens;
  }

  private static int lines(String text) {
    return (int) text.chars().filter(c -> c == '\n').count();
  }
}
