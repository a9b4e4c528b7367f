package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.Container;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A Config of docker as instructions of a Dockerfile, which a commit changes the image's
 * configuration by: docker's image of a container has the container's configuration.
 */
public final class ConfigInstructions {
  private static final String HOST_NAME = "HOSTNAME=";

  private ConfigInstructions() {}

  /**
   * The instructions of a container's configuration; none if the engine has not made the container.
   * The name of the host is left out: it is the container's own.
   */
  public static List<String> of(Daemon daemon, Container container) {
    JsonNode config = DockerRecord.of(container.getAnnotationsMap()).config();
    if (!config.isObject()) {
      return List.of();
    }
    JsonNode process =
        Json.details(daemon.details(container.getId()).getInfoMap())
            .path("runtimeSpec")
            .path("process");
    List<String> variables = new ArrayList<>();
    for (JsonNode each : process.path("env")) {
      if (!each.asText().startsWith(HOST_NAME)) {
        variables.add(each.asText());
      }
    }
    return instructions(new Fields("Config", config), variables);
  }

  /**
   * The instructions of the Config in a request.
   *
   * @throws HttpError 501 for a member that is set and that no instruction is for
   */
  public static List<String> of(JsonNode config) {
    Fields fields =
        new Fields("Config", config)
            .without("AttachStderr", "AttachStdin", "AttachStdout", "ArgsEscaped", "Domainname")
            .without("Hostname", "Image", "MacAddress", "OpenStdin", "StdinOnce", "Tty");
    List<String> instructions = instructions(fields, fields.texts("Env"));
    fields.texts("OnBuild").forEach(each -> instructions.add("ONBUILD " + each));
    fields.requireNoOther();
    return instructions;
  }

  private static List<String> instructions(Fields config, List<String> variables) {
    List<String> all = new ArrayList<>();
    for (String each : variables) {
      int equals = each.indexOf('=');
      if (equals > 0) {
        all.add("ENV " + each.substring(0, equals) + "=" + quoted(each.substring(equals + 1)));
      }
    }
    // CMD comes first: an ENTRYPOINT without one removes the command that the image has.
    addWords(all, "CMD", config.texts("Cmd"));
    addWords(all, "ENTRYPOINT", config.texts("Entrypoint"));
    addText(all, "USER", config.text("User"));
    addText(all, "WORKDIR", config.text("WorkingDir"));
    addText(all, "STOPSIGNAL", config.text("StopSignal"));
    for (Map.Entry<String, String> each : config.map("Labels").entrySet()) {
      all.add("LABEL " + quoted(each.getKey()) + "=" + quoted(each.getValue()));
    }
    for (String each : config.map("ExposedPorts").keySet()) {
      all.add("EXPOSE " + each);
    }
    addWords(all, "VOLUME", config.map("Volumes").keySet());
    return all;
  }

  private static void addWords(List<String> all, String keyword, Collection<String> words) {
    if (!words.isEmpty()) {
      all.add(keyword + " " + Json.texts(words));
    }
  }

  private static void addText(List<String> all, String keyword, String text) {
    if (!text.isEmpty()) {
      all.add(keyword + " " + quoted(text));
    }
  }

  /** The text as one word, in which no variable is replaced. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$") + '"';
  }
}
