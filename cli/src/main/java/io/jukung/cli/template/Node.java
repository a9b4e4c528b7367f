package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A part of a template. */
sealed interface Node {
  /** Text outside of actions. */
  record Text(String text) implements Node {}

  /** A pipeline whose value is printed, unless it sets a variable. */
  record Action(Pipeline pipeline) implements Node {}

  /**
   * {@code if} and {@code with}.
   *
   * @param movesDot whether the value of the pipeline becomes the dot, as with {@code with}
   */
  record Choice(Pipeline pipeline, boolean movesDot, List<Node> then, List<Node> otherwise)
      implements Node {}

  record Range(Pipeline pipeline, List<Node> body, List<Node> otherwise) implements Node {}

  /** {@code break} or {@code continue}. */
  record Jump(boolean leaves) implements Node {}

  /**
   * Commands, each of which gets the value of the one before as its last argument.
   *
   * @param variables the names of the variables that get the value; two only with {@code range}
   * @param declares whether the variables are new
   */
  record Pipeline(int offset, List<String> variables, boolean declares, List<Command> commands) {}

  /** A value, or a function or method with its arguments. */
  record Command(int offset, List<Operand> words) {}

  /** A word of a command. */
  sealed interface Operand {
    /** Where the word is in the template. */
    int offset();
  }

  record Dot(int offset) implements Operand {}

  record Nil(int offset) implements Operand {}

  record Literal(int offset, JsonNode value) implements Operand {}

  record Variable(int offset, String name) implements Operand {}

  record Function(int offset, String name) implements Operand {}

  record Nested(int offset, Pipeline pipeline) implements Operand {}

  /** Fields of a value, each of the one before. */
  record Fields(int offset, Operand base, List<String> names) implements Operand {}
}
