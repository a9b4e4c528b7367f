package io.jukung.runtime.life;

import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.RestartRecord;

/**
 * When a container is started again after it has ended, as {@code docker run --restart} has it.
 *
 * @param kind the policy's name
 * @param maxRestarts of ON_FAILURE, 0: any number
 */
public record RestartPolicy(Kind kind, int maxRestarts) {
  /** The annotation of a container that has the policy, for example {@code on-failure:3}. */
  public static final String ANNOTATION = "io.jukung.restart";

  private static final String MAX_SEPARATOR = ":";

  /** The policies. */
  public enum Kind {
    NO("no"),
    ON_FAILURE("on-failure"),
    ALWAYS("always"),
    UNLESS_STOPPED("unless-stopped");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /**
   * Reads a policy.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public static RestartPolicy parse(String text) {
    String[] parts = text.split(MAX_SEPARATOR, 2);
    for (Kind kind : Kind.values()) {
      if (kind.word.equals(parts[0]) && (parts.length == 1 || kind == Kind.ON_FAILURE)) {
        return new RestartPolicy(kind, parts.length == 1 ? 0 : maxRestarts(text, parts[1]));
      }
    }
    throw notAPolicy(text);
  }

  private static int maxRestarts(String text, String number) {
    if (!number.matches("[0-9]{1,9}")) {
      throw notAPolicy(text);
    }
    return Integer.parseInt(number);
  }

  private static IllegalArgumentException notAPolicy(String text) {
    return new IllegalArgumentException(
        "not a restart policy: \""
            + text
            + "\" (no, on-failure, on-failure:NUMBER, always or unless-stopped)");
  }

  /**
   * The policy of a container.
   *
   * @throws IllegalArgumentException if its annotation is no policy
   */
  static RestartPolicy of(Container container) {
    String text = container.record().annotations().get(ANNOTATION);
    return text == null ? new RestartPolicy(Kind.NO, 0) : parse(text);
  }

  /** Whether a container that has ended with the exit code is started again. */
  boolean restarts(int exitCode, RestartRecord record) {
    if (record.stopped()) {
      return false;
    }
    return switch (kind) {
      case NO -> false;
      case ON_FAILURE -> exitCode != 0 && (maxRestarts == 0 || record.restarts() < maxRestarts);
      case ALWAYS, UNLESS_STOPPED -> true;
    };
  }

  /** As {@link #restarts}, when the daemon starts: then ALWAYS disregards that it was stopped. */
  boolean restartsWithDaemon(int exitCode, RestartRecord record) {
    return kind == Kind.ALWAYS || restarts(exitCode, record);
  }
}
