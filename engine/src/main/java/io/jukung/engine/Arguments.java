package io.jukung.engine;

import io.jukung.cri.client.OwnContainers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The command line of {@code jukung engine}.
 *
 * @param daemon the daemon's socket
 * @param listen where the API is served, at least one place
 * @param group the group that may use the API; empty: root's
 * @param logDirectory below which each container gets a directory for its log
 */
record Arguments(
    Path daemon,
    List<ListenAddress> listen,
    String group,
    Path logDirectory,
    Optional<TlsFiles> tls,
    boolean help) {
  static final String HELP =
      """
      Usage: jukung [-s SOCKET] engine [OPTIONS]

      Serves the Docker Engine API for docker's clients, until it is ended. The engine is a client of
      the daemon. Whoever may use the API can do on this node what root can do.

        -s, --socket SOCKET   The daemon's socket; $JUKUNG_SOCKET or /run/jukung/jukung.sock
                              without this option.
            --listen ADDRESS  Where the API is served: a path of a socket, fd:// for the socket that
                              systemd passes, or tcp://ADDRESS:PORT, which needs the options of
                              TLS; can be repeated. Without it /run/jukung/docker.sock.
            --tlsverify       Serve a TCP port to clients that have a certificate.
            --tlscacert FILE  The authorities of the clients' certificates, in PEM.
            --tlscert FILE    The certificate of the engine, in PEM.
            --tlskey FILE     The key of the engine, in PEM.
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
    List<ListenAddress> listen = new ArrayList<>();
    TlsOptions tls = new TlsOptions();
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
        case "--listen" -> listen.add(ListenAddress.parse(value(word, rest)));
        case "--tlsverify" -> tls.verify = true;
        case "--tlscacert" -> tls.authorities = value(word, rest);
        case "--tlscert" -> tls.certificate = value(word, rest);
        case "--tlskey" -> tls.key = value(word, rest);
        case "--group" -> group = value(word, rest);
        case "--log-directory" -> logDirectory = value(word, rest);
        case "--help" -> help = true;
        default -> throw new IllegalArgumentException("there is no option " + word);
      }
    }
    if (listen.isEmpty()) {
      listen.add(ListenAddress.parse(LISTEN));
    }
    return new Arguments(
        Path.of(withoutScheme(daemon)),
        List.copyOf(listen),
        group,
        Path.of(logDirectory).toAbsolutePath(),
        tls.files(listen.stream().anyMatch(ListenAddress.Tcp.class::isInstance)),
        help);
  }

  /** The options of TLS, of which all are needed or none. */
  private static final class TlsOptions {
    private boolean verify;
    private String authorities = "";
    private String certificate = "";
    private String key = "";

    Optional<TlsFiles> files(boolean hasPort) {
      boolean any = verify || !(authorities + certificate + key).isEmpty();
      boolean all = verify && !authorities.isEmpty() && !certificate.isEmpty() && !key.isEmpty();
      if (hasPort && !all) {
        throw new IllegalArgumentException(
            "a TCP port needs --tlsverify, --tlscacert, --tlscert and --tlskey: whoever may use the"
                + " API is root on the node");
      }
      if (any && !hasPort) {
        throw new IllegalArgumentException(
            "the options of TLS are about a TCP port, and there is no --listen tcp://ADDRESS:PORT");
      }
      return all
          ? Optional.of(new TlsFiles(Path.of(authorities), Path.of(certificate), Path.of(key)))
          : Optional.empty();
    }
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
