package io.jukung.runtime.call;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import java.io.IOException;
import java.util.List;

/** Where clients find what they asked for: URLs that are good once, and for a minute. */
public interface StreamUrls {
  /** The request names the container by its whole ID, and has been checked. */
  String exec(ExecRequest request) throws IOException;

  /** As {@link #exec}. */
  String attach(AttachRequest request) throws IOException;

  /**
   * For connections to a pod.
   *
   * @param ports may be empty: most clients name a port with each connection
   */
  String portForward(String sandboxId, List<Integer> ports) throws IOException;

  /**
   * Checks which streams an exec or an attach asks for.
   *
   * @param call the call's name, for the message
   * @throws CriException INVALID_ARGUMENT where no stream is asked for, or stderr beside a terminal
   */
  static void checkStreams(
      String call, boolean tty, boolean stdin, boolean stdout, boolean stderr) {
    if (tty && stderr) {
      throw CriException.invalidArgument(
          call + ": stderr does not go with tty, a terminal has one output");
    }
    if (!stdin && !stdout && !stderr) {
      throw CriException.invalidArgument(call + ": none of stdin, stdout and stderr is asked for");
    }
  }
}
