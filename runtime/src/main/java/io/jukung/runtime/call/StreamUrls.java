package io.jukung.runtime.call;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.runtime.spec.ExecOptions;
import java.io.IOException;
import java.util.List;

/**
 * Makes the URLs under which a client reaches the streams of an exec, an attach or a port-forward.
 * Each URL can be used once, within a minute.
 */
public interface StreamUrls {
  /**
   * The URL of an exec.
   *
   * @param request has been checked, and names the container by its full ID
   */
  default String exec(ExecRequest request) throws IOException {
    return exec(request, ExecOptions.NONE);
  }

  /** As {@link #exec(ExecRequest)}, for a process that differs from that of its container. */
  String exec(ExecRequest request, ExecOptions options) throws IOException;

  /**
   * The URL of an attach.
   *
   * @param request has been checked, and names the container by its full ID
   */
  String attach(AttachRequest request) throws IOException;

  /**
   * The URL for connections to ports of a pod.
   *
   * @param ports the ports that are allowed; empty allows any port, as most clients name the port
   *     only when they open a connection
   */
  String portForward(String sandboxId, List<Integer> ports) throws IOException;

  /**
   * Checks which streams an exec or an attach asks for.
   *
   * @param call the RPC's name, for the error message
   * @throws CriException INVALID_ARGUMENT if no stream is asked for, or stderr together with a
   *     terminal
   */
  static void checkStreams(
      String call, boolean tty, boolean stdin, boolean stdout, boolean stderr) {
    if (tty && stderr) {
      throw CriException.invalidArgument(
          call + ": stderr cannot be asked for together with tty: a terminal has one output");
    }
    if (!stdin && !stdout && !stderr) {
      throw CriException.invalidArgument(call + ": none of stdin, stdout and stderr is asked for");
    }
  }
}
