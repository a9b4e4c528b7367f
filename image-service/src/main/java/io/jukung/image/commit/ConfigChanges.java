package io.jukung.image.commit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.dockerfile.InstructionWords;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Changes of an image's configuration (OCI image-spec, config.md) by instructions of a Dockerfile:
 * CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. Not thread-safe.
 */
final class ConfigChanges {
  private static final Pattern PORT =
      Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?");
  private static final int MAX_PORT = 65_535;
  private static final char ESCAPE = InstructionWords.BACKSLASH;

  private final ObjectNode config;
  private boolean hasCommand;

  /**
   * @param config the part of the configuration that is for containers; it is changed in place
   */
  ConfigChanges(ObjectNode config) {
    this.config = config;
  }

  /**
   * Carries out the instructions in their order.
   *
   * @throws CriException INVALID_ARGUMENT for an instruction that cannot be understood
   */
  void apply(List<String> instructions) {
    for (String instruction : instructions) {
      String[] parts = instruction.strip().split("\\s+", 2);
      String argument = parts.length == 2 ? parts[1].strip() : "";
      if (argument.isEmpty()) {
        throw refused(instruction, "it has no argument");
      }
      switch (parts[0].toUpperCase(Locale.ROOT)) {
        case "CMD" -> {
          config.set("Cmd", command(argument));
          hasCommand = true;
        }
        case "ENTRYPOINT" -> entrypoint(argument);
        case "ENV" -> pairs(instruction, argument).forEach(this::setEnv);
        case "EXPOSE" -> expose(instruction, argument);
        case "LABEL" ->
            pairs(instruction, argument)
                .forEach((name, value) -> config.withObjectProperty("Labels").put(name, value));
        case "ONBUILD" -> array("OnBuild").add(argument);
        case "STOPSIGNAL" -> config.put("StopSignal", whole(argument));
        case "USER" -> config.put("User", whole(argument));
        case "VOLUME" -> volumes(argument);
        case "WORKDIR" -> workingDirectory(whole(argument));
        default ->
            throw refused(
                instruction,
                "only CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and"
                    + " WORKDIR change an image's configuration");
      }
    }
  }

  /** The command of the image below was for its entry point, and not for the new one. */
  private void entrypoint(String argument) {
    config.set("Entrypoint", command(argument));
    if (!hasCommand) {
      config.remove("Cmd");
    }
  }

  private static ArrayNode command(String argument) {
    ArrayNode words = JsonNodeFactory.instance.arrayNode();
    InstructionWords.json(argument).orElse(List.of("/bin/sh", "-c", argument)).forEach(words::add);
    return words;
  }

  /** The variables of the image so far, by their names. */
  private Map<String, String> environment() {
    Map<String, String> variables = new LinkedHashMap<>();
    for (JsonNode each : config.path("Env")) {
      String[] pair = each.asText().split("=", 2);
      variables.put(pair[0], pair.length == 2 ? pair[1] : "");
    }
    return variables;
  }

  private String whole(String argument) {
    return InstructionWords.whole(argument, environment(), ESCAPE);
  }

  /** {@code NAME=VALUE NAME=VALUE…}, or the old form {@code NAME VALUE}. */
  private Map<String, String> pairs(String instruction, String argument) {
    Map<String, String> pairs = new LinkedHashMap<>();
    String[] first = argument.split("\\s+", 2);
    if (!first[0].contains("=")) {
      if (first.length < 2) {
        throw refused(instruction, "it has a name without a value");
      }
      pairs.put(first[0], whole(first[1]));
      return pairs;
    }
    for (String word : InstructionWords.split(argument, environment(), ESCAPE)) {
      int equals = word.indexOf('=');
      if (equals <= 0) {
        throw refused(instruction, "\"" + word + "\" is not NAME=VALUE");
      }
      pairs.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return pairs;
  }

  private void setEnv(String name, String value) {
    ArrayNode variables = array("Env");
    String pair = name + "=" + value;
    for (int i = 0; i < variables.size(); i++) {
      if (variables.get(i).asText().startsWith(name + "=")) {
        variables.set(i, pair);
        return;
      }
    }
    variables.add(pair);
  }

  private void expose(String instruction, String argument) {
    ObjectNode ports = config.withObjectProperty("ExposedPorts");
    for (String word : InstructionWords.split(argument, environment(), ESCAPE)) {
      Matcher match = PORT.matcher(word.toLowerCase(Locale.ROOT));
      if (!match.matches()) {
        throw refused(instruction, "\"" + word + "\" is not a port");
      }
      int first = Integer.parseInt(match.group(1));
      int last = match.group(2) == null ? first : Integer.parseInt(match.group(2));
      if (first == 0 || last > MAX_PORT || last < first) {
        throw refused(instruction, "\"" + word + "\" is not a port");
      }
      String protocol = match.group(3) == null ? "tcp" : match.group(3);
      for (int port = first; port <= last; port++) {
        ports.putObject(port + "/" + protocol);
      }
    }
  }

  private void volumes(String argument) {
    ObjectNode volumes = config.withObjectProperty("Volumes");
    InstructionWords.json(argument)
        .orElseGet(() -> InstructionWords.split(argument, environment(), ESCAPE))
        .forEach(volumes::putObject);
  }

  private void workingDirectory(String directory) {
    String before = config.path("WorkingDir").asText("");
    String absolute =
        directory.startsWith("/") ? directory : (before.isEmpty() ? "/" : before + "/") + directory;
    config.put("WorkingDir", java.nio.file.Path.of(absolute).normalize().toString());
  }

  private ArrayNode array(String field) {
    return config.get(field) instanceof ArrayNode known ? known : config.putArray(field);
  }

  private static CriException refused(String instruction, String reason) {
    return CriException.invalidArgument("change \"%s\": %s".formatted(instruction, reason));
  }
}
