package io.jukung.runtime.handler;

import io.jukung.runtime.config.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A handler whose containers are run by a program with the command line of runc.
 *
 * @param name the handler of a RuntimeClass
 * @param path the program
 * @param options arguments before the command
 * @param cgroups who puts processes into the container's cgroup
 * @param annotations patterns of the annotations that the program sees; {@code *} stands for any
 *     text
 */
public record OciHandler(
    String name,
    Path path,
    List<String> options,
    Config.HandlerCgroups cgroups,
    List<String> annotations) {

  /** The program finds helpers such as newuidmap or its own plugins by PATH. */
  static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

  static OciHandler of(String name, Config.Handler settings) {
    return new OciHandler(
        name, settings.path(), settings.options(), settings.cgroups(), settings.annotations());
  }

  /** Whether the program is started in the cgroup of what it starts. */
  boolean startsInCgroup() {
    return cgroups == Config.HandlerCgroups.DAEMON;
  }

  /** The program, its options, and the arguments. */
  List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(path.toString());
    command.addAll(options);
    command.addAll(arguments);
    return command;
  }

  /**
   * The annotations that the program sees. An annotation may change how a container is run, and
   * whoever may create pods may write it.
   */
  Map<String, String> allowed(Map<String, String> requested) {
    Map<String, String> allowed = new TreeMap<>();
    requested.forEach(
        (key, value) -> {
          if (annotations.stream().anyMatch(pattern -> matches(pattern, key))) {
            allowed.put(key, value);
          }
        });
    return allowed;
  }

  /** Takes time in proportion to the product of both lengths, whatever the pattern is. */
  static boolean matches(String pattern, String text) {
    int at = 0;
    int next = 0;
    int star = -1;
    int taken = 0;
    while (at < text.length()) {
      if (next < pattern.length() && pattern.charAt(next) == '*') {
        star = next++;
        taken = at;
      } else if (next < pattern.length() && pattern.charAt(next) == text.charAt(at)) {
        next++;
        at++;
      } else if (star >= 0) {
        next = star + 1;
        at = ++taken;
      } else {
        return false;
      }
    }
    while (next < pattern.length() && pattern.charAt(next) == '*') {
      next++;
    }
    return next == pattern.length();
  }
}
