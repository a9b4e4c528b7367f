package io.jukung.image.build;

import io.jukung.cri.CriException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The value of an option {@code --mount} of RUN: {@code type=cache,target=/x}, for example.
 *
 * @param type bind, cache, secret, ssh or tmpfs
 * @param values the other keys, by their first names
 */
record MountOption(String type, Map<String, String> values) {
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "bind", Set.of("target", "source", "from", "readonly"),
          "cache", Set.of("target", "id", "sharing", "readonly", "mode", "uid", "gid"),
          "secret", Set.of("target", "id", "required", "mode", "uid", "gid", "env"),
          "ssh", Set.of("target", "id", "required", "mode", "uid", "gid"),
          "tmpfs", Set.of("target"));

  private static final Map<String, String> OTHER_NAMES =
      Map.of("dst", "target", "destination", "target", "src", "source", "ro", "readonly");

  /**
   * Parses the value.
   *
   * @param text with its variables replaced
   * @throws CriException INVALID_ARGUMENT, and UNIMPLEMENTED for what docker has and jukung has not
   */
  static MountOption parse(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String key = (equals < 0 ? part : part.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
      String value = equals < 0 ? "true" : part.substring(equals + 1);
      if (values.put(OTHER_NAMES.getOrDefault(key, key), value) != null) {
        throw malformed(text, "has " + key + " twice");
      }
    }
    String type = Optional.ofNullable(values.remove("type")).orElse("bind");
    Set<String> known = KEYS.get(type);
    if (known == null) {
      throw malformed(
          text, "has the type " + type + ", which is not bind, cache, secret, ssh or tmpfs");
    }
    MountOption option = new MountOption(type, values);
    option.check(text, known);
    return option;
  }

  private void check(String text, Set<String> known) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw List.of("rw", "readwrite", "from", "source", "size").contains(key)
            ? BuildErrors.unimplemented("RUN --mount=type=" + type + "," + key)
            : malformed(text, "has the key " + key + ", which " + type + " does not have");
      }
    }
    if (!List.of("secret", "ssh").contains(type) && target().isEmpty()) {
      throw malformed(text, "has no target");
    }
    if (type.equals("bind") && !isSet("readonly", true)) {
      throw BuildErrors.unimplemented("RUN --mount=type=bind,readonly=false");
    }
    String sharing = value("sharing").orElse("shared");
    if (sharing.equals("private")) {
      throw BuildErrors.unimplemented("RUN --mount=type=cache,sharing=private");
    }
    if (!sharing.equals("shared") && !sharing.equals("locked")) {
      throw malformed(text, "has a sharing that is not shared, locked or private");
    }
  }

  Optional<String> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  String target() {
    return value("target").orElse("");
  }

  /** The value of a key that is true or false. */
  boolean isSet(String key, boolean otherwise) {
    return value(key)
        .map(
            text ->
                switch (text.toLowerCase(Locale.ROOT)) {
                  case "true", "1" -> true;
                  case "false", "0" -> false;
                  default -> throw CriException.invalidArgument("not true or false: " + text);
                })
        .orElse(otherwise);
  }

  /**
   * The value of a key that is a number.
   *
   * @param radix 8 for a mode
   */
  int number(String key, int radix, int otherwise) {
    Optional<String> text = value(key);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      return Integer.parseInt(text.get(), radix);
    } catch (NumberFormatException e) {
      throw new CriException(
          io.jukung.cri.ErrorKind.INVALID_ARGUMENT, key + "=" + text.get() + " is no number", e);
    }
  }

  private static CriException malformed(String text, String reason) {
    return CriException.invalidArgument("--mount=" + text + " " + reason);
  }
}
