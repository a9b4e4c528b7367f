package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a starter asks for: a command line, and the environment that the command has. The bytes are
 * described in {@code starter-x86_64.s}.
 *
 * @param arguments the words after the program's name
 */
record StarterRequest(List<String> arguments, Map<String, String> variables) {
  /** A command that is no command of the client: lib/launcher starts a program for it. */
  private static final String ENGINE = "engine";

  /** Options before the command that have a value of their own, as in lib/launcher. */
  private static final Set<String> WITH_VALUE = Set.of("-s", "--socket");

  static final int HEAD_BYTES = 24;

  /** The kernel's limit for arguments and environment with a stack of the usual size is 2 MiB. */
  static final int MAX_BYTES = 4 << 20;

  /** The bytes {@code jukung}, zero, and the version of the exchange. */
  private static final long MAGIC = 0x0100_676e_756b_756aL;

  /** The variables that name a locale, the first one that is set wins (locale(7)). */
  private static final List<String> LOCALES = List.of("LC_ALL", "LC_CTYPE", "LANG");

  /**
   * Returns how many bytes follow the head.
   *
   * @return empty if a program that is no starter of this version sends it
   */
  static Optional<Integer> length(byte[] head) {
    ByteBuffer in = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    long length = in.getLong(16);
    return in.getLong(0) == MAGIC && length > 0 && length <= MAX_BYTES
        ? Optional.of((int) length)
        : Optional.empty();
  }

  /**
   * Reads a request.
   *
   * @param head the head, whose {@link #length} is the number of {@code strings}
   * @return empty if a JVM of its own has to read the text, because it is not in UTF-8
   */
  static Optional<StarterRequest> parse(byte[] head, byte[] strings) {
    long count = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
    List<String> all = new ArrayList<>();
    boolean ascii = true;
    int start = 0;
    try {
      for (int i = 0; i < strings.length; i++) {
        ascii &= strings[i] >= 0;
        if (strings[i] == 0) {
          all.add(UTF_8.newDecoder().decode(ByteBuffer.wrap(strings, start, i - start)).toString());
          start = i + 1;
        }
      }
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
    if (count < 1 || count > all.size() || start != strings.length) {
      return Optional.empty();
    }
    List<String> arguments = List.copyOf(all.subList(1, (int) count));
    Map<String, String> variables = variables(all.subList((int) count, all.size()));
    return ascii || isUtf8(variables)
        ? Optional.of(new StarterRequest(arguments, variables))
        : Optional.empty();
  }

  private static Map<String, String> variables(List<String> definitions) {
    Map<String, String> variables = new HashMap<>();
    for (String definition : definitions) {
      int equals = definition.indexOf('=', 1);
      if (equals > 0) {
        variables.put(definition.substring(0, equals), definition.substring(equals + 1));
      }
    }
    return Map.copyOf(variables);
  }

  private static boolean isUtf8(Map<String, String> variables) {
    return LOCALES.stream()
        .flatMap(name -> Stream.ofNullable(variables.get(name)))
        .filter(locale -> !locale.isEmpty())
        .findFirst()
        .map(locale -> locale.toLowerCase(Locale.ROOT).replace("-", "").endsWith(".utf8"))
        .orElse(false);
  }

  /** Whether a program of its own carries the command out, and not the client. */
  boolean hasOwnProgram() {
    for (int i = 0; i < arguments.size(); i++) {
      if (WITH_VALUE.contains(arguments.get(i))) {
        i++;
      } else if (!arguments.get(i).startsWith("-")) {
        return arguments.get(i).equals(ENGINE);
      }
    }
    return false;
  }
}
