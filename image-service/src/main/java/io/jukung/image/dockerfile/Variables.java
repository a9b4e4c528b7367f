package io.jukung.image.dockerfile;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The variables that a Dockerfile sees at one place. An ARG before the first FROM is seen by FROM
 * alone; a stage has to repeat its name to see the value. A stage that is based on another one has
 * the arguments of that one. ENV wins over ARG. Not thread-safe.
 */
public final class Variables {
  /** Arguments that RUN has without an ARG, and that are no part of the image's history. */
  private static final Set<String> PROXIES =
      Set.of(
          "HTTP_PROXY",
          "http_proxy",
          "HTTPS_PROXY",
          "https_proxy",
          "FTP_PROXY",
          "ftp_proxy",
          "NO_PROXY",
          "no_proxy",
          "ALL_PROXY",
          "all_proxy");

  private final Map<String, String> given;
  private final Map<String, String> global;
  private final char escape;
  private final Map<String, String> arguments = new LinkedHashMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();

  private Variables(Map<String, String> given, Map<String, String> global, char escape) {
    this.given = given;
    this.global = global;
    this.escape = escape;
  }

  /**
   * The variables that FROM sees.
   *
   * @param given the arguments of the build, which win over defaults
   * @param platform TARGETPLATFORM, BUILDOS and the like, which every build has
   */
  public static Map<String, String> ofFile(
      Dockerfile file, Map<String, String> given, Map<String, String> platform) {
    Variables outside = new Variables(given, platform, file.escape());
    outside.arguments.putAll(platform);
    file.globalArguments().forEach(outside::declare);
    return Map.copyOf(outside.arguments);
  }

  /**
   * The variables at the start of a stage.
   *
   * @param global the result of {@link #ofFile}
   * @param base the variables at the end of the stage that this one is based on; empty for an image
   * @param environment of the image that the stage begins with
   */
  public static Variables ofStage(
      Map<String, String> given,
      Map<String, String> global,
      Optional<Variables> base,
      Map<String, String> environment,
      char escape) {
    Variables variables = new Variables(given, global, escape);
    base.ifPresent(before -> variables.arguments.putAll(before.arguments));
    variables.environment.putAll(environment);
    return variables;
  }

  /** Takes note of an ARG: {@code NAME}, {@code NAME=DEFAULT}, or several of these. */
  public void declare(Instruction argument) {
    for (String word : InstructionWords.rawWords(argument.argument(), escape)) {
      int equals = word.indexOf('=');
      String name =
          InstructionWords.unquoted(equals < 0 ? word : word.substring(0, equals), escape);
      Optional<String> value =
          Optional.ofNullable(given.get(name))
              .or(
                  () ->
                      equals < 0
                          ? Optional.ofNullable(global.get(name))
                          : Optional.of(
                              InstructionWords.whole(word.substring(equals + 1), seen(), escape)));
      // Without any value the argument keeps the one of the stage below, or is empty.
      value.ifPresent(known -> arguments.put(name, known));
    }
  }

  /** Takes note of a variable that ENV sets. */
  public void set(String name, String value) {
    environment.put(name, value);
  }

  /** What words of instructions see. */
  public Map<String, String> seen() {
    Map<String, String> all = new LinkedHashMap<>(arguments);
    all.putAll(environment);
    return all;
  }

  /** What the process of RUN has in its environment. */
  public Map<String, String> ofRun() {
    Map<String, String> all = new HashMap<>();
    for (String proxy : PROXIES) {
      String value = given.get(proxy);
      if (value != null) {
        all.put(proxy, value);
      }
    }
    all.putAll(seen());
    return all;
  }
}
