package io.jukung.runtime.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The words behind a command, split into options, which all take a value, and operands. An option
 * is written {@code --name VALUE} or {@code --name=VALUE}, a short one {@code -n VALUE}; {@code --}
 * ends the options.
 */
final class Arguments {
  private final Map<String, List<String>> options = new LinkedHashMap<>();
  private final List<String> operands = new ArrayList<>();
  private boolean help;

  private Arguments() {}

  /**
   * Splits the words of a command line.
   *
   * @param names each spelling of an option with the name it stands for, as {@code -c} for {@code
   *     --config}
   * @throws UsageException for an unknown option, and for one without its value
   */
  static Arguments parse(List<String> words, Map<String, String> names) throws UsageException {
    var arguments = new Arguments();
    boolean onlyOperands = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (onlyOperands || !word.startsWith("-") || word.equals("-")) {
        arguments.operands.add(word);
      } else if (word.equals("--")) {
        onlyOperands = true;
      } else if (word.equals("--help") || word.equals("-h")) {
        arguments.help = true;
      } else {
        int equals = word.startsWith("--") ? word.indexOf('=') : -1;
        String spelling = equals < 0 ? word : word.substring(0, equals);
        String name = names.get(spelling);
        if (name == null) {
          throw new UsageException("unknown option " + spelling);
        }
        if (equals < 0 && i + 1 == words.size()) {
          throw new UsageException("option " + spelling + " needs a value");
        }
        String value = equals < 0 ? words.get(++i) : word.substring(equals + 1);
        arguments.options.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      }
    }
    return arguments;
  }

  /** Whether {@code --help} or {@code -h} is among the words. */
  boolean asksForHelp() {
    return help;
  }

  /** The last value that was given to an option. */
  Optional<String> last(String name) {
    List<String> values = all(name);
    return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast());
  }

  /** Every value that was given to an option, in the order of the command line. */
  List<String> all(String name) {
    return options.getOrDefault(name, List.of());
  }

  List<String> operands() {
    return operands;
  }
}
