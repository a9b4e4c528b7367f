package io.jukung.cli.completion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What can stand at the place of the last word of a command line.
 *
 * @param words in the order in which a shell should offer them
 * @param files whether a file name can stand there too
 */
record Candidates(List<Candidate> words, boolean files) {
  private static final Candidates NONE = new Candidates(List.of(), false);

  /**
   * Reads a command line up to its last word, which the user has begun.
   *
   * @param line the words after the program's name; the last one may be empty
   */
  static Candidates of(CommandLine program, List<String> line, Names names) {
    String begun = line.isEmpty() ? "" : line.getLast();
    Place place =
        Place.after(program, line.isEmpty() ? List.of() : line.subList(0, line.size() - 1));
    return place.candidates(begun, names).beginningWith(begun);
  }

  private Candidates beginningWith(String begun) {
    return new Candidates(
        words.stream().filter(candidate -> candidate.word().startsWith(begun)).toList(), files);
  }

  /**
   * Where the words before lead to.
   *
   * @param operands how many operands the command has already
   * @param valueOf the option whose value comes next; null if none does
   */
  private record Place(CommandSpec command, int operands, @Nullable OptionSpec valueOf) {
    static Place after(CommandLine program, List<String> words) {
      Place place = new Place(program.getCommandSpec(), 0, null);
      for (String word : words) {
        place = place.next(word);
      }
      return place;
    }

    private Place next(String word) {
      if (valueOf != null) {
        return new Place(command, operands, null);
      }
      if (isOption(word)) {
        OptionSpec option = command.findOption(word);
        boolean takesValue = option != null && option.arity().max() > 0;
        return new Place(command, operands, takesValue ? option : null);
      }
      CommandLine subcommand = operands == 0 ? command.subcommands().get(word) : null;
      return subcommand == null
          ? new Place(command, operands + 1, null)
          : new Place(subcommand.getCommandSpec(), 0, null);
    }

    /** The words after {@code run IMAGE} and {@code exec CONTAINER} are the container's own. */
    private boolean isInCommandOfContainer() {
      return operands > 0 && command.parser().stopAtPositional();
    }

    private boolean isOption(String word) {
      return word.length() > 1 && word.startsWith("-") && !isInCommandOfContainer();
    }

    Candidates candidates(String begun, Names names) {
      if (valueOf != null) {
        return values(valueOf, "", names);
      }
      if (isInCommandOfContainer()) {
        return NONE;
      }
      if (begun.startsWith("-")) {
        int equals = begun.indexOf('=');
        OptionSpec option = equals < 0 ? null : command.findOption(begun.substring(0, equals));
        return option == null ? options() : values(option, begun.substring(0, equals + 1), names);
      }
      if (operands == 0 && !command.subcommands().isEmpty()) {
        return new Candidates(subcommands(), false);
      }
      return operand().map(each -> values(each, "", names)).orElse(NONE);
    }

    private Candidates options() {
      List<Candidate> found = new ArrayList<>();
      for (OptionSpec option : command.options()) {
        if (!option.hidden()) {
          found.add(new Candidate(option.longestName(), sentence(option.description())));
        }
      }
      return new Candidates(found, false);
    }

    private List<Candidate> subcommands() {
      List<Candidate> found = new ArrayList<>();
      for (Map.Entry<String, CommandLine> each : command.subcommands().entrySet()) {
        CommandSpec spec = each.getValue().getCommandSpec();
        if (!spec.usageMessage().hidden()) {
          found.add(new Candidate(each.getKey(), sentence(spec.usageMessage().description())));
        }
      }
      return found;
    }

    private Optional<PositionalParamSpec> operand() {
      return command.positionalParameters().stream()
          .filter(each -> !each.hidden() && each.index().contains(operands))
          .findFirst();
    }

    private static Candidates values(ArgSpec of, String before, Names names) {
      // The labels of the help say what a value is.
      return switch (of.paramLabel().toUpperCase(Locale.ROOT)) {
        case "CONTAINER" -> new Candidates(names.containers(), false);
        case "POD" -> new Candidates(names.pods(), false);
        case "IMAGE" -> new Candidates(names.images(), false);
        case "NAME" -> new Candidates(anyName(of, names), false);
        case "FILE", "DIR", "PATH" -> new Candidates(List.of(), true);
        default -> new Candidates(listed(of.paramLabel(), before), false);
      };
    }

    private static List<Candidate> anyName(ArgSpec of, Names names) {
      if (of.isOption()) {
        return List.of(); // a name that the user invents
      }
      List<Candidate> all = new ArrayList<>(names.containers());
      all.addAll(names.pods());
      all.addAll(names.images());
      return all;
    }

    /** A label such as {@code missing|always|never} lists the values. */
    private static List<Candidate> listed(String label, String before) {
      return label.matches("[a-z]+(\\|[a-z]+)+")
          ? Arrays.stream(label.split("\\|", -1))
              .map(value -> new Candidate(before + value, ""))
              .toList()
          : List.of();
    }

    private static String sentence(String... description) {
      String text = String.join(" ", description).replaceAll("%n", " ").strip();
      int end = text.indexOf(". ");
      return end < 0 ? text : text.substring(0, end + 1);
    }
  }
}
