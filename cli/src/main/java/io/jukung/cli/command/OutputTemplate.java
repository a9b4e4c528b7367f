package io.jukung.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.template.Shape;
import io.jukung.cli.template.Template;
import io.jukung.cli.template.TemplateException;
import org.jspecify.annotations.Nullable;

/**
 * The value of an option {@code --format} as docker's: {@code json} for each object on one line, or
 * a Go template.
 */
public final class OutputTemplate {
  private final @Nullable Template template;

  private OutputTemplate(@Nullable Template template) {
    this.template = template;
  }

  /**
   * Reads the value of the option.
   *
   * @throws CliException with the exit code for wrong usage
   */
  public static OutputTemplate of(String format) {
    if (format.equals("json")) {
      return new OutputTemplate(null);
    }
    try {
      return new OutputTemplate(Template.parse(unescaped(format)));
    } catch (TemplateException e) {
      throw CliException.usage("--format: " + e.getMessage());
    }
  }

  /** As docker does it, so that a shell's user can write the two without quoting them. */
  private static String unescaped(String format) {
    return format.replace("\\t", "\t").replace("\\n", "\n");
  }

  /**
   * Returns the line of an object.
   *
   * @throws CliException if the object has not what the template asks for
   */
  public String line(JsonNode object, Shape shape) {
    if (template == null) {
      return object.toString();
    }
    try {
      return template.apply(object, shape);
    } catch (TemplateException e) {
      throw CliException.failed("--format: " + e.getMessage());
    }
  }
}
