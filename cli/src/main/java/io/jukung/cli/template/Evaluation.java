package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One evaluation of a template. Nil is a {@link NullNode}. Used by one thread. */
final class Evaluation {
  /** A range over a larger number would print for ever. */
  private static final long MAX_COUNT = 1_000_000;

  private final String text;
  private final Shape shape;
  private final JsonNode root;
  private final StringBuilder out = new StringBuilder();
  private final List<Binding> bindings = new ArrayList<>();
  private JsonNode dot;

  private static final class Binding {
    final String name;
    JsonNode value;

    Binding(String name, JsonNode value) {
      this.name = name;
      this.value = value;
    }
  }

  /** What follows after a list of nodes. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  Evaluation(String text, JsonNode root, Shape shape) {
    this.text = text;
    this.root = root;
    this.dot = root;
    this.shape = shape;
    bindings.add(new Binding("", root));
  }

  String run(List<Node> nodes) {
    var _ = walk(nodes);
    return out.toString();
  }

  private TemplateException wrong(int offset, @Nullable String why) {
    return TemplateException.at(text, offset, String.valueOf(why));
  }

  private Flow walk(List<Node> nodes) {
    for (Node node : nodes) {
      Flow flow =
          switch (node) {
            case Node.Text(String outside) -> {
              out.append(outside);
              yield Flow.ON;
            }
            case Node.Action(Node.Pipeline pipeline) -> {
              JsonNode value = value(pipeline);
              if (pipeline.variables().isEmpty()) {
                out.append(Format.printed(value));
              }
              yield Flow.ON;
            }
            case Node.Choice choice -> choose(choice);
            case Node.Range range -> repeat(range);
            case Node.Jump(boolean leaves) -> leaves ? Flow.BREAK : Flow.CONTINUE;
          };
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow choose(Node.Choice choice) {
    int scope = bindings.size();
    JsonNode outer = dot;
    JsonNode value = value(choice.pipeline());
    boolean holds = Functions.truth(value);
    if (holds && choice.movesDot()) {
      dot = value;
    }
    Flow flow = walk(holds ? choice.then() : choice.otherwise());
    leave(scope, outer);
    return flow;
  }

  private void leave(int scope, JsonNode outer) {
    dot = outer;
    bindings.subList(scope, bindings.size()).clear();
  }

  private Flow repeat(Node.Range range) {
    int scope = bindings.size();
    JsonNode outer = dot;
    Node.Pipeline pipeline = range.pipeline();
    JsonNode all = commands(pipeline);
    List<JsonNode> keys = new ArrayList<>();
    List<JsonNode> values = new ArrayList<>();
    if (all.isObject()) {
      TreeMap<String, JsonNode> sorted = new TreeMap<>();
      all.properties().forEach(each -> sorted.put(each.getKey(), each.getValue()));
      sorted.forEach(
          (key, value) -> {
            keys.add(TextNode.valueOf(key));
            values.add(value);
          });
    } else if (all.isArray()) {
      all.forEach(
          value -> {
            keys.add(LongNode.valueOf(keys.size()));
            values.add(value);
          });
    } else if (all.isIntegralNumber() && all.longValue() <= MAX_COUNT) {
      for (long i = 0; i < all.longValue(); i++) {
        keys.add(LongNode.valueOf(i));
        values.add(LongNode.valueOf(i));
      }
    } else if (!all.isNull()) {
      throw wrong(
          pipeline.offset(), "range goes over lists and maps, not over " + Format.printed(all));
    }
    Flow flow = Flow.ON;
    for (int i = 0; i < values.size() && flow != Flow.BREAK; i++) {
      dot = values.get(i);
      bindTurn(pipeline, keys.get(i), values.get(i));
      flow = walk(range.body());
      leave(scope, outer);
    }
    return values.isEmpty() ? walk(range.otherwise()) : Flow.ON;
  }

  /** Sets the variables of a range: the value alone, or the key and the value. */
  private void bindTurn(Node.Pipeline pipeline, JsonNode key, JsonNode value) {
    List<String> names = pipeline.variables();
    if (names.size() == 2) {
      bind(pipeline, names.getFirst(), key);
    }
    if (!names.isEmpty()) {
      bind(pipeline, names.getLast(), value);
    }
  }

  private void bind(Node.Pipeline pipeline, String name, JsonNode value) {
    if (pipeline.declares()) {
      bindings.add(new Binding(name, value));
    } else {
      binding(name).value = value;
    }
  }

  private Binding binding(String name) {
    for (int i = bindings.size() - 1; i >= 0; i--) {
      if (bindings.get(i).name.equals(name)) {
        return bindings.get(i);
      }
    }
    throw new IllegalStateException("no variable " + name); // the parser has checked it
  }

  private JsonNode value(Node.Pipeline pipeline) {
    JsonNode value = commands(pipeline);
    pipeline.variables().forEach(name -> bind(pipeline, name, value));
    return value;
  }

  private JsonNode commands(Node.Pipeline pipeline) {
    JsonNode value = null;
    for (Node.Command command : pipeline.commands()) {
      value = value(command, value);
    }
    return Objects.requireNonNull(value); // a pipeline has commands
  }

  private JsonNode value(Node.Command command, @Nullable JsonNode last) {
    Node.Operand first = command.words().getFirst();
    List<Node.Operand> arguments = command.words().subList(1, command.words().size());
    return switch (first) {
      case Node.Function(int offset, String name) -> call(offset, name, arguments, last);
      case Node.Fields fields -> {
        List<JsonNode> values = new ArrayList<>();
        arguments.forEach(each -> values.add(value(each)));
        if (last != null) {
          values.add(last);
        }
        yield member(fields, values);
      }
      case Node.Dot _, Node.Nil _, Node.Literal _, Node.Variable _, Node.Nested _ -> value(first);
    };
  }

  private JsonNode value(Node.Operand operand) {
    return switch (operand) {
      case Node.Dot _ -> dot;
      case Node.Nil _ -> NullNode.instance;
      case Node.Literal(int _, JsonNode value) -> value;
      case Node.Variable(int _, String name) -> binding(name).value;
      case Node.Function(int offset, String name) -> call(offset, name, List.of(), null);
      case Node.Nested(int _, Node.Pipeline pipeline) -> value(pipeline);
      case Node.Fields fields -> member(fields, List.of());
    };
  }

  /** As Go does it, {@code and} and {@code or} evaluate no more arguments than decide them. */
  private JsonNode call(
      int offset, String name, List<Node.Operand> arguments, @Nullable JsonNode last) {
    List<JsonNode> values = new ArrayList<>();
    boolean decides = name.equals("and") || name.equals("or");
    for (Node.Operand each : arguments) {
      JsonNode value = value(each);
      if (decides && Functions.truth(value) == name.equals("or")) {
        return value;
      }
      values.add(value);
    }
    if (last != null) {
      values.add(last);
    }
    try {
      return Functions.call(name, values);
    } catch (IllegalArgumentException e) {
      throw wrong(offset, e.getMessage());
    }
  }

  /**
   * @param arguments of the last member, if it is a method
   */
  private JsonNode member(Node.Fields fields, List<JsonNode> arguments) {
    JsonNode value = value(fields.base());
    String owner = "";
    for (String name : fields.names()) {
      JsonNode next = value.get(name);
      Function<String, JsonNode> method = shape.methods().get(name);
      if (next == null && method != null && value.equals(root)) {
        if (arguments.size() != 1 || !arguments.getFirst().isTextual()) {
          throw wrong(fields.offset(), name + " takes one string, as in ." + name + " \"a\"");
        }
        return method.apply(arguments.getFirst().textValue());
      }
      if (next == null) {
        if (!value.isNull() && !value.isObject()) {
          throw wrong(fields.offset(), Format.printed(value) + " has no ." + name);
        }
        if (value.isNull() && !shape.maps().contains(owner)) {
          throw wrong(fields.offset(), "." + owner + " is nil and has no ." + name);
        }
        if (value.isObject() && !shape.mayMiss(owner, name)) {
          throw wrong(fields.offset(), "there is no ." + name + known(value));
        }
        next = NullNode.instance;
      }
      if (next.isNull() && value.isObject() && !shape.maps().contains(owner)) {
        next = shape.nil(name);
      }
      owner = name;
      value = next;
    }
    if (!arguments.isEmpty()) {
      throw wrong(fields.offset(), "." + owner + " is no method and takes no arguments");
    }
    return value;
  }

  private String known(JsonNode value) {
    List<String> names = new ArrayList<>();
    value.fieldNames().forEachRemaining(names::add);
    if (value.equals(root)) {
      names.addAll(shape.methods().keySet());
    }
    return names.isEmpty() ? "" : " (there are " + String.join(", ", names) + ")";
  }
}
