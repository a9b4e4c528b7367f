package io.jukung.runtime.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that cannot be used. The message has a line for each problem, which names the
 * file and the key.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  ConfigException(String message) {
    this(message, null);
  }

  ConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
    this.problems = List.of(message);
  }

  ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** The problems, a sentence for each. */
  public List<String> problems() {
    return problems;
  }
}
