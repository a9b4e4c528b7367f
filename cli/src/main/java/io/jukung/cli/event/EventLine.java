package io.jukung.cli.event;

import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.TerminalText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An event in the words of the command line.
 *
 * @param name empty if it is not known
 * @param pod the name of the pod; empty if the pod is gone
 */
record EventLine(
    Instant time,
    Type type,
    Action action,
    String id,
    String name,
    String pod,
    String namespace,
    Optional<Integer> exitCode) {

  enum Type {
    CONTAINER,
    POD;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  enum Action {
    CREATE,
    START,
    STOP,
    DELETE,
    /** An event that this client does not know. */
    OTHER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** One line, with the attributes in docker's form. */
  @Override
  public String toString() {
    List<String> attributes = new ArrayList<>();
    exitCode.ifPresent(code -> attributes.add("exitCode=" + code));
    add(attributes, "name", name);
    if (type == Type.CONTAINER) {
      add(attributes, "pod", pod);
    }
    add(attributes, "namespace", namespace);
    return time
        + " "
        + type
        + " "
        + action
        + " "
        + ShortId.of(id)
        + " ("
        + String.join(", ", attributes)
        + ")";
  }

  private static void add(List<String> attributes, String key, String value) {
    if (!value.isEmpty()) {
      attributes.add(key + "=" + TerminalText.escape(value));
    }
  }
}
