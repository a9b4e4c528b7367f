package io.jukung.cli.template;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A template of Go's package text/template, with the functions that docker adds: json, join, split,
 * lower, upper, title, pad and truncate. Templates that are defined by name ({@code define}) and
 * methods of values are not implemented. Immutable.
 */
public final class Template {
  private final String text;
  private final List<Node> nodes;

  private Template(String text, List<Node> nodes) {
    this.text = text;
    this.nodes = nodes;
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException if it is wrong
   */
  public static Template parse(String text) {
    return new Template(text, Parser.parse(text));
  }

  /**
   * Returns what the template says of the data.
   *
   * @throws TemplateException if the data has not what the template asks for
   */
  public String apply(JsonNode data, Shape shape) {
    return new Evaluation(text, data, shape).run(nodes);
  }
}
