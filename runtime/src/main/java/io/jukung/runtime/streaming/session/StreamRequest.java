package io.jukung.runtime.streaming.session;

import java.util.List;

/** What a URL was given out for. */
public sealed interface StreamRequest {
  /** Exec or attach: one process, up to three streams. */
  sealed interface Command extends StreamRequest {
    String containerId();

    Streams streams();
  }

  /** A new process. */
  record Exec(String containerId, List<String> words, Streams streams) implements Command {
    public Exec {
      words = List.copyOf(words);
    }
  }

  /** The container's own. */
  record Attach(String containerId, Streams streams) implements Command {}

  /**
   * Connections to ports of a pod.
   *
   * @param ports those of a WebSocket client that names none itself
   */
  record PortForward(String sandboxId, List<Integer> ports) implements StreamRequest {
    public PortForward {
      ports = List.copyOf(ports);
    }
  }

  /** The streams asked for; with a terminal there is no stderr. */
  record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
}
