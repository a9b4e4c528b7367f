package io.jukung.image.build;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.InstructionWords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Carries out an instruction that changes the configuration and no file. For one thread. */
final class SettingsStep {
  /** Durations as Go writes them, see time.ParseDuration. */
  private static final Pattern DURATION_PART =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ns|us|µs|ms|s|m|h)");

  private static final Map<String, Double> NANOS =
      Map.of("ns", 1.0, "us", 1e3, "µs", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9);

  private final Instruction instruction;
  private final StageState state;
  private final ImageSettings settings;
  private final char escape;

  SettingsStep(Instruction instruction, StageState state, char escape) {
    this.instruction = instruction;
    this.state = state;
    this.settings = state.settings();
    this.escape = escape;
  }

  /**
   * @throws CriException INVALID_ARGUMENT for what cannot be understood
   */
  void apply() {
    String text = instruction.argument();
    switch (instruction.keyword()) {
      case ARG -> state.variables().declare(instruction);
      case CMD -> settings.setCommand(command(text));
      case ENTRYPOINT -> settings.setEntrypoint(command(text));
      case ENV ->
          pairs()
              .forEach(
                  (name, value) -> {
                    settings.setEnvironment(name, value);
                    state.variables().set(name, value);
                  });
      case EXPOSE -> split(text).forEach(settings::expose);
      case HEALTHCHECK -> settings.setHealthcheck(healthcheck(text));
      case LABEL -> pairs().forEach(settings::setLabel);
      case MAINTAINER -> settings.setAuthor(text);
      case ONBUILD -> settings.addTrigger(text);
      case SHELL -> settings.setShell(instruction.words().orElseThrow());
      case STOPSIGNAL -> settings.setStopSignal(whole(text));
      case USER -> settings.setUser(whole(text));
      case VOLUME -> volumes(text);
      case ADD, COPY, FROM, RUN, WORKDIR ->
          throw new IllegalStateException(instruction.keyword() + " changes files");
    }
    settings.addHistory(state.created(), StageNames.text(instruction), /* layer= */ false);
  }

  private String whole(String text) {
    return InstructionWords.whole(text, state.variables().seen(), escape);
  }

  private List<String> split(String text) {
    return InstructionWords.split(text, state.variables().seen(), escape);
  }

  /** The words of the JSON form, or the shell with the text. */
  private List<String> command(String text) {
    return instruction.words().orElseGet(() -> shellForm(text));
  }

  private List<String> shellForm(String text) {
    List<String> words = new ArrayList<>(settings.shell());
    words.add(text);
    return words;
  }

  private void volumes(String text) {
    List<String> paths =
        instruction
            .words()
            .map(words -> words.stream().map(this::whole).toList())
            .orElseGet(() -> split(text));
    for (String path : paths) {
      if (path.isEmpty()) {
        throw CriException.invalidArgument("VOLUME has an empty path");
      }
      settings.addVolume(path);
    }
  }

  /** {@code NAME=VALUE NAME=VALUE…}, or the old form {@code NAME VALUE}. */
  private Map<String, String> pairs() {
    Map<String, String> pairs = new LinkedHashMap<>();
    String text = instruction.argument();
    String[] first = text.split("\\s+", 2);
    if (!first[0].contains("=")) {
      pairs.put(whole(first[0]), whole(first[1]));
      return pairs;
    }
    for (String word : split(text)) {
      int equals = word.indexOf('=');
      if (equals <= 0) {
        throw CriException.invalidArgument("\"" + word + "\" is not NAME=VALUE");
      }
      pairs.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return pairs;
  }

  // ── HEALTHCHECK ────────────────────────────────────────────────────────────────────────────

  private ObjectNode healthcheck(String text) {
    ObjectNode check = JsonNodeFactory.instance.objectNode();
    ArrayNode test = check.putArray("Test");
    String[] words = text.split("\\s+", 2);
    if (words[0].toUpperCase(Locale.ROOT).equals("NONE")) {
      test.add("NONE");
      return check;
    }
    Optional<List<String>> json = InstructionWords.json(words[1].strip());
    test.add(json.isPresent() ? "CMD" : "CMD-SHELL");
    json.orElse(List.of(words[1].strip())).forEach(test::add);
    duration("interval", "Interval", check);
    duration("timeout", "Timeout", check);
    duration("start-period", "StartPeriod", check);
    duration("start-interval", "StartInterval", check);
    instruction
        .flag("retries")
        .ifPresent(
            count -> {
              if (!count.matches("[0-9]{1,6}")) {
                throw CriException.invalidArgument("--retries=" + count + " is no number");
              }
              check.put("Retries", Integer.parseInt(count));
            });
    return check;
  }

  private void duration(String flag, String field, ObjectNode check) {
    instruction.flag(flag).ifPresent(text -> check.put(field, nanos(flag, text).toNanos()));
  }

  private static Duration nanos(String flag, String text) {
    Matcher part = DURATION_PART.matcher(text);
    double nanos = 0;
    int at = 0;
    while (at < text.length() && part.find(at) && part.start() == at) {
      nanos += Double.parseDouble(part.group(1)) * NANOS.getOrDefault(part.group(2), 0.0);
      at = part.end();
    }
    if (text.isEmpty() || at < text.length()) {
      throw CriException.invalidArgument("--" + flag + "=" + text + " is no duration, as in 30s");
    }
    return Duration.ofNanos((long) nanos);
  }
}
