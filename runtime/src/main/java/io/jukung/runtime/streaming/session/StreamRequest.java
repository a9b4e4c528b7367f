package io.jukung.runtime.streaming.session;

import io.jukung.runtime.spec.ExecOptions;
import java.util.List;

/** The request that a URL was given out for. */
public sealed interface StreamRequest {
  /** An exec or attach: one process with up to three streams. */
  sealed interface Command extends StreamRequest {
    String containerId();

    Streams streams();
  }

  /** A new process in a container. */
  record Exec(String containerId, List<String> words, ExecOptions options, Streams streams)
      implements Command {
    public Exec {
      words = List.copyOf(words);
    }
  }

  /** The container's own process. */
  record Attach(String containerId, Streams streams) implements Command {}

  /**
   * Connections to ports of a pod.
   *
   * @param ports the ports for a WebSocket client, which names none itself
   */
  record PortForward(String sandboxId, List<Integer> ports) implements StreamRequest {
    public PortForward {
      ports = List.copyOf(ports);
    }
  }

  /** The streams that were asked for. With a terminal there is no stderr. */
  record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}
}
