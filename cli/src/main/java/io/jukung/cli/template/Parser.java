package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jukung.cli.template.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Makes the tree of a template. Variables and functions that do not exist are found here. */
final class Parser {
  /** Deeper templates are mistakes, and would exhaust the stack. */
  private static final int MAX_DEPTH = 100;

  private final String text;
  private final List<Token> tokens;
  private final Deque<Set<String>> scopes = new ArrayDeque<>();
  private int at;
  private int depth;
  private int ranges;

  private Parser(String text) {
    this.text = text;
    this.tokens = Scanner.scan(text);
    scopes.push(new HashSet<>(Set.of("")));
  }

  /**
   * Parses a whole template.
   *
   * @throws TemplateException if it is wrong
   */
  static List<Node> parse(String text) {
    Parser parser = new Parser(text);
    List<Node> nodes = new ArrayList<>();
    Token end = parser.list(nodes);
    if (!end.is(Kind.END)) {
      throw parser.wrong(end, "unexpected " + end.text());
    }
    return nodes;
  }

  private TemplateException wrong(Token token, String why) {
    return TemplateException.at(text, token.offset(), why);
  }

  private Token next() {
    Token token = tokens.get(at);
    at++;
    return token;
  }

  private Token peek() {
    return tokens.get(at);
  }

  private void close() {
    Token token = next();
    if (!token.is(Kind.CLOSE)) {
      throw wrong(token, "unexpected \"" + token.text() + "\"");
    }
  }

  /** Reads nodes, and returns the word that ends them: end or else, or the end of the template. */
  private Token list(List<Node> nodes) {
    while (true) {
      Token token = next();
      switch (token.kind()) {
        case END -> {
          return token;
        }
        case TEXT -> nodes.add(new Node.Text(token.text()));
        default -> {
          Token word = peek();
          if (word.isName("end") || word.isName("else")) {
            return next();
          }
          nodes.add(action(word));
        }
      }
    }
  }

  private Node action(Token word) {
    if (word.is(Kind.NAME)) {
      switch (word.text()) {
        case "if", "with" -> {
          at++;
          return choice(word, word.text().equals("with"));
        }
        case "range" -> {
          at++;
          return range(word);
        }
        case "break", "continue" -> {
          at++;
          close();
          if (ranges == 0) {
            throw wrong(word, word.text() + " stands outside of range");
          }
          return new Node.Jump(word.text().equals("break"));
        }
        case "define", "template", "block" ->
            throw wrong(word, word.text() + " is not implemented");
        default -> {
          // A function.
        }
      }
    }
    Node.Pipeline pipeline = pipeline(false);
    close();
    return new Node.Action(pipeline);
  }

  private Node choice(Token word, boolean movesDot) {
    enter(word);
    Node.Pipeline pipeline = pipeline(false);
    close();
    List<Node> then = new ArrayList<>();
    List<Node> otherwise = new ArrayList<>();
    Token end = list(then);
    if (end.isName("else")) {
      Token more = peek();
      if (more.isName("if") || more.isName("with")) {
        // The one end closes both.
        at++;
        otherwise.add(choice(more, more.text().equals("with")));
        leave();
        return new Node.Choice(pipeline, movesDot, then, otherwise);
      }
      close();
      end = list(otherwise);
    }
    end(word, end);
    return new Node.Choice(pipeline, movesDot, then, otherwise);
  }

  private Node range(Token word) {
    enter(word);
    Node.Pipeline pipeline = pipeline(true);
    close();
    List<Node> body = new ArrayList<>();
    List<Node> otherwise = new ArrayList<>();
    ranges++;
    Token end = list(body);
    ranges--;
    if (end.isName("else")) {
      close();
      end = list(otherwise);
    }
    end(word, end);
    return new Node.Range(pipeline, body, otherwise);
  }

  private void end(Token word, Token end) {
    if (!end.isName("end")) {
      throw wrong(word, word.text() + " has no {{end}}");
    }
    close();
    leave();
  }

  private void enter(Token word) {
    if (++depth > MAX_DEPTH) {
      throw wrong(word, "more than " + MAX_DEPTH + " levels");
    }
    scopes.push(new HashSet<>(scopes.element()));
  }

  private void leave() {
    depth--;
    scopes.pop();
  }

  private Node.Pipeline pipeline(boolean ofRange) {
    Token first = peek();
    List<String> variables = new ArrayList<>();
    boolean declares = false;
    if (setsVariables(ofRange)) {
      variables.add(next().text());
      if (peek().is(Kind.COMMA)) {
        at++;
        variables.add(next().text());
      }
      declares = next().is(Kind.DECLARE);
      for (String name : variables) {
        if (!declares) {
          requireVariable(first, name);
        }
      }
    }
    List<Node.Command> commands = new ArrayList<>();
    commands.add(command());
    while (peek().is(Kind.PIPE)) {
      at++;
      commands.add(command());
    }
    for (Node.Command each : commands.subList(1, commands.size())) {
      boolean called =
          each.words().getFirst() instanceof Node.Function
              || each.words().getFirst() instanceof Node.Fields;
      if (!called) {
        throw TemplateException.at(text, each.offset(), "a value stands behind |, not a function");
      }
    }
    if (declares) {
      scopes.element().addAll(variables);
    }
    return new Node.Pipeline(first.offset(), variables, declares, commands);
  }

  /** Whether {@code $x :=} follows, or {@code $x =}, or {@code $i, $x :=} of a range. */
  private boolean setsVariables(boolean ofRange) {
    if (!peek().is(Kind.VARIABLE)) {
      return false;
    }
    Token second = tokens.get(at + 1);
    if (ofRange && second.is(Kind.COMMA)) {
      Token third = tokens.get(at + 2);
      return third.is(Kind.VARIABLE) && isSetting(tokens.get(at + 3));
    }
    return isSetting(second);
  }

  private static boolean isSetting(Token token) {
    return token.is(Kind.DECLARE) || token.is(Kind.ASSIGN);
  }

  private void requireVariable(Token token, String name) {
    if (!scopes.element().contains(name)) {
      throw wrong(token, "there is no variable $" + name);
    }
  }

  private Node.Command command() {
    Token first = peek();
    List<Node.Operand> words = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.is(Kind.CLOSE) || token.is(Kind.PIPE) || token.is(Kind.RIGHT_PARENTHESIS)) {
        break;
      }
      words.add(operand());
    }
    if (words.isEmpty()) {
      throw wrong(first, "a value is missing");
    }
    boolean called =
        words.getFirst() instanceof Node.Function || words.getFirst() instanceof Node.Fields;
    if (words.size() > 1 && !called) {
      throw wrong(first, "a value that is no function has arguments");
    }
    return new Node.Command(first.offset(), words);
  }

  private Node.Operand operand() {
    Token token = next();
    Node.Operand base =
        switch (token.kind()) {
          case DOT -> new Node.Dot(token.offset());
          case FIELD -> {
            at--;
            yield new Node.Dot(token.offset());
          }
          case VARIABLE -> {
            requireVariable(token, token.text());
            yield new Node.Variable(token.offset(), token.text());
          }
          case NAME -> named(token);
          case STRING -> new Node.Literal(token.offset(), TextNode.valueOf(token.text()));
          case CHARACTER -> {
            if (token.text().codePointCount(0, token.text().length()) != 1) {
              throw wrong(token, "one character stands between single quotes");
            }
            yield new Node.Literal(token.offset(), LongNode.valueOf(token.text().codePointAt(0)));
          }
          case NUMBER -> new Node.Literal(token.offset(), number(token));
          case LEFT_PARENTHESIS -> nested(token);
          case TEXT, OPEN, CLOSE, PIPE, RIGHT_PARENTHESIS, COMMA, DECLARE, ASSIGN, END ->
              throw wrong(token, "unexpected \"" + token.text() + "\"");
        };
    List<String> names = new ArrayList<>();
    while (peek().is(Kind.FIELD) && (peek().glued() || isFirst(token, names))) {
      names.add(next().text());
    }
    return names.isEmpty() ? base : new Node.Fields(token.offset(), base, names);
  }

  private static boolean isFirst(Token token, List<String> names) {
    return token.is(Kind.FIELD) && names.isEmpty();
  }

  private Node.Operand nested(Token open) {
    if (++depth > MAX_DEPTH) {
      throw wrong(open, "more than " + MAX_DEPTH + " levels");
    }
    Node.Pipeline pipeline = pipeline(false);
    Token token = next();
    if (!token.is(Kind.RIGHT_PARENTHESIS)) {
      throw wrong(open, "the parenthesis is not closed");
    }
    depth--;
    return new Node.Nested(open.offset(), pipeline);
  }

  private Node.Operand named(Token token) {
    return switch (token.text()) {
      case "true" -> new Node.Literal(token.offset(), BooleanNode.TRUE);
      case "false" -> new Node.Literal(token.offset(), BooleanNode.FALSE);
      case "nil" -> new Node.Nil(token.offset());
      default -> {
        if (!Functions.exists(token.text())) {
          throw wrong(
              token,
              "there is no function "
                  + token.text()
                  + " (there are "
                  + String.join(", ", Functions.names())
                  + ")");
        }
        yield new Node.Function(token.offset(), token.text());
      }
    };
  }

  private JsonNode number(Token token) {
    String digits = token.text().replace("_", "");
    try {
      return LongNode.valueOf(Long.decode(digits.replaceFirst("^([-+]?)0[oO]", "$10")));
    } catch (NumberFormatException e) {
      // It is no integer.
    }
    try {
      return DoubleNode.valueOf(Double.parseDouble(digits));
    } catch (NumberFormatException e) {
      throw wrong(token, "not a number: " + token.text());
    }
  }
}
