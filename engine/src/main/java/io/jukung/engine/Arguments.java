package io.jukung.engine;

import io.jukung.cri.client.OwnContainers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command line of {@code jukung engine}.
 *
 * @param daemon the daemon's socket
 * @param listen the socket of the API
 * @param group the group that may use the API; empty: root's
 * @param logDirectory below which each container gets a directory for its log
 */
record Arguments(Path daemon, Path listen, String group, Path logDirectory, boolean help) {
  static final String HELP =
      """
      Usage: jukung [-s SOCKET] engine [OPTIONS]

      Serves the Docker Engine API for docker's clients, until it is ended. The engine is a client of
      the daemon. Whoever may use the API can do on this node what root can do.

        -s, --socket SOCKET   The daemon's socket; $JUKUNG_SOCKET or /run/jukung/jukung.sock
                              without this option.
            --listen SOCKET   The socket of the API, /run/jukung/docker.sock without this option.
            --group GROUP     The group that may use the socket besides root, which is root's
                              own group without this option.
            --log-directory DIR
                              Where the containers' logs are, /var/log/jukung without this option.
            --help            Print this help.
      """;

  private static final String DAEMON = "/run/jukung/jukung.sock";
  private static final String LISTEN = "/run/jukung/docker.sock";

  /**
   * Reads the words behind {@code jukung}, of which one is {@code engine}.
   *
   * @throws IllegalArgumentException with a sentence for the user
   */
  static Arguments parse(List<String> words, Map<String, String> environment) {
    String daemon = environment.getOrDefault("JUKUNG_SOCKET", DAEMON);
    String listen = LISTEN;
    String group = "";
    String logDirectory = OwnContainers.LOG_DIRECTORY;
    boolean help = false;
    List<String> rest = new ArrayList<>(words);
    rest.remove("engine");
    while (!rest.isEmpty()) {
      String word = rest.removeFirst();
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      if (equals > 0) {
        rest.addFirst(word.substring(equals + 1));
        word = word.substring(0, equals);
      }
      switch (word) {
        case "-s", "--socket" -> daemon = value(word, rest);
        case "--listen" -> listen = value(word, rest);
        case "--group" -> group = value(word, rest);
        case "--log-directory" -> logDirectory = value(word, rest);
        case "--help" -> help = true;
        default -> throw new IllegalArgumentException("there is no option " + word);
      }
    }
    return new Arguments(
        Path.of(withoutScheme(daemon)),
        Path.of(withoutScheme(listen)),
        group,
        Path.of(logDirectory).toAbsolutePath(),
        help);
  }

  private static String value(String option, List<String> rest) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("option " + option + " needs a value");
    }
    return rest.removeFirst();
  }

  private static String withoutScheme(String socket) {
    return socket.startsWith("unix://") ? socket.substring("unix://".length()) : socket;
  }
}
