package io.jukung.shim;

import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.CurrentProcess;
import io.jukung.linux.process.Failpoint;
import java.io.IOException;
import java.nio.file.Path;

/** {@code java … io.jukung.shim.Main --socket PATH}. */
public final class Main {
  /** The daemon, and one that replaces it. */
  private static final int BACKLOG = 8;

  /** The logs' mode is exact with it, and containers expect it unless their spec says otherwise. */
  private static final int UMASK = 0022;

  private Main() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2 || !arguments[0].equals("--socket")) {
      System.err.println("usage: io.jukung.shim.Main --socket PATH");
      System.exit(2);
    }
    Failpoint.installIfAsked();
    // First of all: from here on no process of a container may look into this one.
    CurrentProcess.refuseDump();
    CurrentProcess.becomeChildSubreaper();
    CurrentProcess.setUmask(UMASK);
    Path path = Path.of(arguments[1]);
    EventLoop loop = new EventLoop();
    Pod pod = new Pod(loop, path);
    Listener listener = new Listener(loop, pod, UnixSocket.listen(path, BACKLOG));
    listener.start();
    loop.run(pod);
    listener.stop();
  }
}
