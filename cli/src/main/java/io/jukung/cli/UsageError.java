package io.jukung.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line that picocli has refused. */
final class UsageError {
  /** Below this similarity of two words (0 to 1, after Jaro and Winkler) one is no misspelling. */
  private static final double MISSPELT = 0.85;

  private UsageError() {}

  /** Returns a sentence that names what is wrong, the nearest right word, and where the help is. */
  static String sentence(ParameterException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    return problem(e, command) + ", see `" + command.qualifiedName() + " --help`";
  }

  private static String problem(ParameterException e, CommandSpec command) {
    List<String> unmatched = e.getCommandLine().getUnmatchedArguments();
    // Picocli reports a missing argument before a word that it does not know, but a misspelt option
    // is often the cause of both.
    boolean unknownWord =
        e instanceof UnmatchedArgumentException || e instanceof MissingParameterException;
    if (!unknownWord || unmatched.isEmpty()) {
      return Objects.requireNonNullElse(e.getMessage(), "wrong usage");
    }
    String word = unmatched.getFirst();
    if (word.startsWith("-")) {
      String option = word.split("=", 2)[0];
      return "unknown option " + option + hintForOption(option, command);
    }
    if (command.subcommands().isEmpty()) {
      return "unexpected argument " + word;
    }
    String commands =
        command.parent() == null ? "a jukung command" : "a command of " + command.qualifiedName();
    return word + " is not " + commands + hint(word, command.subcommands().keySet());
  }

  private static String hintForOption(String option, CommandSpec command) {
    if (option.equals("-s")) {
      return " (the socket is -s before the command, or --socket)";
    }
    Stream<String> names = command.optionsMap().keySet().stream();
    return option.startsWith("--")
        ? hint(option, names.filter(name -> name.startsWith("--")).toList())
        : "";
  }

  private static String hint(String word, Collection<String> known) {
    var similarity = new JaroWinklerSimilarity();
    return known.stream()
        .max(Comparator.comparingDouble(name -> similarity.apply(word, name)))
        .filter(name -> similarity.apply(word, name) >= MISSPELT)
        .map(name -> " (did you mean " + name + "?)")
        .orElse("");
  }
}
