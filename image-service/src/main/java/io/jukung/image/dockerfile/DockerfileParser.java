package io.jukung.image.dockerfile;

import static io.jukung.image.dockerfile.DockerfileLines.malformed;

import io.jukung.cri.CriException;
import io.jukung.image.dockerfile.Instruction.Flag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Parses Dockerfiles. Errors are INVALID_ARGUMENT and name the line. Whether an image or file
 * exists, and what words are once their variables are replaced, is not looked at.
 */
public final class DockerfileParser {
  /** Far above any file that people write. */
  private static final int MAX_CHARACTERS = 4 << 20;

  private static final Pattern STAGE_NAME = Pattern.compile("[a-z][a-z0-9_.-]*");
  private static final Pattern HEREDOC = Pattern.compile("(\\d*)<<(-?)([^<]*)");
  private static final Pattern FLAG = Pattern.compile("--([a-z-]+)(?:=(.*))?", Pattern.DOTALL);
  private static final Set<Keyword> NO_TRIGGERS =
      Set.of(Keyword.ONBUILD, Keyword.FROM, Keyword.MAINTAINER);

  private final DockerfileLines lines;

  private DockerfileParser(DockerfileLines lines) {
    this.lines = lines;
  }

  /** Parses a whole file. */
  public static Dockerfile parse(String text) {
    if (text.length() > MAX_CHARACTERS) {
      throw CriException.invalidArgument(
          "the Dockerfile has more than " + MAX_CHARACTERS + " characters");
    }
    return new DockerfileParser(new DockerfileLines(text)).file();
  }

  private Dockerfile file() {
    List<Instruction> arguments = new ArrayList<>();
    List<Instruction> current = arguments;
    List<Stage> stages = new ArrayList<>();
    while (lines.skipToInstruction()) {
      Instruction instruction = instruction();
      if (instruction.keyword() == Keyword.FROM) {
        current = new ArrayList<>();
        stages.add(stage(instruction, current));
      } else if (stages.isEmpty() && instruction.keyword() != Keyword.ARG) {
        throw malformed(
            instruction.firstLine(),
            instruction.keyword() + " stands before the first FROM, where only ARG can stand");
      } else {
        current.add(instruction);
      }
    }
    if (stages.isEmpty()) {
      throw malformed(1, "there is no FROM");
    }
    return new Dockerfile(
        Map.copyOf(lines.directives()),
        lines.escape(),
        List.copyOf(arguments),
        List.copyOf(stages));
  }

  private Stage stage(Instruction from, List<Instruction> instructions) {
    String[] words = from.argument().split("\\s+", -1);
    boolean named = words.length == 3 && words[1].equalsIgnoreCase("AS");
    if (words.length != 1 && !named) {
      throw malformed(from.firstLine(), "FROM is followed by IMAGE or IMAGE AS NAME");
    }
    Optional<String> name =
        named ? Optional.of(words[2].toLowerCase(Locale.ROOT)) : Optional.empty();
    if (name.filter(each -> !STAGE_NAME.matcher(each).matches()).isPresent()) {
      throw malformed(
          from.firstLine(),
          "the name of a stage begins with a letter and has letters, digits, '-', '_' and '.': "
              + words[2]);
    }
    return new Stage(name, words[0], from.flag("platform"), instructions, from.firstLine());
  }

  private Instruction instruction() {
    int line = lines.line() + 1;
    return instruction(lines.instruction(), line);
  }

  private Instruction instruction(String text, int line) {
    String[] parts = text.strip().split("\\s+", 2);
    Keyword keyword = Keyword.of(parts[0]).orElseThrow(() -> unknown(parts[0], line));
    Rest rest = flags(keyword, parts.length == 2 ? parts[1].strip() : "", line);
    List<Heredoc> heredocs = keyword.takesHeredocs() ? heredocs(rest.text, line) : List.of();
    Optional<List<String>> words = Optional.empty();
    if (keyword.takesJson()) {
      try {
        words = InstructionWords.json(rest.text);
      } catch (CriException e) {
        throw malformed(line, keyword + ": " + e.getMessage());
      }
    }
    Optional<Instruction> trigger =
        keyword == Keyword.ONBUILD ? Optional.of(trigger(rest.text, line)) : Optional.empty();
    Instruction whole =
        new Instruction(
            keyword, rest.flags, rest.text, words, heredocs, trigger, line, lines.line());
    check(whole);
    return whole;
  }

  private static CriException unknown(String word, int line) {
    String name = word.toUpperCase(Locale.ROOT);
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    Keyword nearest =
        Arrays.stream(Keyword.values())
            .min(Comparator.comparingInt(each -> distance.apply(name, each.name())))
            .orElseThrow();
    return malformed(line, word + " is no instruction; the nearest is " + nearest);
  }

  private Instruction trigger(String text, int line) {
    if (text.isEmpty()) {
      throw malformed(line, "ONBUILD is followed by an instruction");
    }
    Instruction trigger = instruction(text, line);
    if (NO_TRIGGERS.contains(trigger.keyword())) {
      throw malformed(line, "ONBUILD cannot keep " + trigger.keyword());
    }
    return trigger;
  }

  // ── options ────────────────────────────────────────────────────────────────────────────────

  private record Rest(List<Flag> flags, String text) {}

  private Rest flags(Keyword keyword, String text, int line) {
    List<Flag> flags = new ArrayList<>();
    String rest = text;
    while (rest.startsWith("--")) {
      int end = InstructionWords.endOfWord(rest, lines.escape());
      String word = InstructionWords.unquoted(rest.substring(0, end), lines.escape());
      if (word.equals("--")) {
        return new Rest(List.copyOf(flags), rest.substring(end).strip());
      }
      Matcher match = FLAG.matcher(word);
      if (!match.matches() || !keyword.flags().contains(match.group(1))) {
        throw malformed(
            line,
            keyword.flags().isEmpty()
                ? keyword + " has no options, and not " + word
                : "%s has no option %s, only --%s"
                    .formatted(
                        keyword,
                        word.replaceFirst("=.*", ""),
                        String.join(", --", keyword.flags().stream().sorted().toList())));
      }
      flags.add(new Flag(match.group(1), Optional.ofNullable(match.group(2))));
      rest = rest.substring(end).strip();
    }
    return new Rest(List.copyOf(flags), rest);
  }

  // ── files ──────────────────────────────────────────────────────────────────────────────────

  private List<Heredoc> heredocs(String text, int line) {
    List<Heredoc> found = new ArrayList<>();
    if (text.startsWith("[")) {
      return found; // the JSON form has none
    }
    for (String word : InstructionWords.rawWords(text, lines.escape())) {
      Matcher match = HEREDOC.matcher(word);
      if (!match.matches() || match.group(3).isEmpty()) {
        continue;
      }
      String name = InstructionWords.unquoted(match.group(3), lines.escape());
      boolean tabs = !match.group(2).isEmpty();
      boolean quoted = !name.equals(match.group(3));
      found.add(new Heredoc(name, lines.heredoc(name, tabs, line), !quoted, match.group(1)));
    }
    return List.copyOf(found);
  }

  // ── checks ─────────────────────────────────────────────────────────────────────────────────

  private void check(Instruction instruction) {
    int line = instruction.firstLine();
    Keyword keyword = instruction.keyword();
    String text = instruction.argument();
    if (text.isEmpty() && keyword != Keyword.CMD && keyword != Keyword.ENTRYPOINT) {
      throw malformed(line, keyword + " has no argument");
    }
    switch (keyword) {
      case ADD, COPY -> checkSources(instruction);
      case ARG -> checkNames(instruction);
      case ENV, LABEL -> checkPairs(instruction);
      case SHELL -> {
        if (instruction.words().filter(words -> !words.isEmpty()).isEmpty()) {
          throw malformed(line, "SHELL is followed by a JSON list, as in [\"/bin/sh\", \"-c\"]");
        }
      }
      case HEALTHCHECK -> {
        String[] words = text.split("\\s+", 2);
        boolean none = words[0].equalsIgnoreCase("NONE") && words.length == 1;
        boolean command = words[0].equalsIgnoreCase("CMD") && words.length == 2;
        if (!none && !command) {
          throw malformed(line, "HEALTHCHECK is followed by NONE or CMD COMMAND");
        }
      }
      case STOPSIGNAL -> {
        if (text.split("\\s+", -1).length != 1) {
          throw malformed(line, "STOPSIGNAL is followed by one word");
        }
      }
      case CMD, ENTRYPOINT, EXPOSE, FROM, MAINTAINER, ONBUILD, RUN, USER, VOLUME, WORKDIR -> {}
    }
  }

  private void checkSources(Instruction instruction) {
    int count =
        instruction
            .words()
            .map(List::size)
            .orElseGet(
                () -> InstructionWords.rawWords(instruction.argument(), lines.escape()).size());
    if (count < 2) {
      throw malformed(
          instruction.firstLine(),
          instruction.keyword() + " is followed by sources and a destination");
    }
  }

  private void checkNames(Instruction instruction) {
    for (String word : InstructionWords.rawWords(instruction.argument(), lines.escape())) {
      if (word.startsWith("=")) {
        throw malformed(instruction.firstLine(), "ARG " + word + " has no name");
      }
    }
  }

  private void checkPairs(Instruction instruction) {
    List<String> words = InstructionWords.rawWords(instruction.argument(), lines.escape());
    boolean old = !words.getFirst().contains("=");
    if (old && words.size() < 2) {
      throw malformed(
          instruction.firstLine(),
          instruction.keyword() + " " + words.getFirst() + " has no value");
    }
    for (String word : old ? List.<String>of() : words) {
      if (word.indexOf('=') <= 0) {
        throw malformed(
            instruction.firstLine(), instruction.keyword() + ": " + word + " is not NAME=VALUE");
      }
    }
  }
}
