package io.jukung.shim;

import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.CurrentProcess;
import io.jukung.linux.process.Failpoint;
import java.io.IOException;
import java.nio.file.Path;

/** The main program of a shim: {@code java … io.jukung.shim.Main --socket PATH}. */
public final class Main {
  /**
   * Connections that may wait to be accepted: that of the daemon and those of daemons that replace
   * it.
   */
  private static final int BACKLOG = 8;

  /**
   * With this mask log files get their exact mode. Containers inherit it unless their spec sets
   * another.
   */
  private static final int UMASK = 0022;

  private static final int EXIT_FAILED = 1;

  private Main() {}

  public static void main(String[] arguments) {
    if (arguments.length != 2 || !arguments[0].equals("--socket")) {
      System.err.println("usage: io.jukung.shim.Main --socket PATH");
      System.exit(2);
    }
    try {
      serve(Path.of(arguments[1]));
    } catch (Throwable e) {
      fail(e);
    }
  }

  private static void serve(Path path) throws IOException {
    Failpoint.installIfAsked();
    // This comes first: from here on no process of a container can look into this process.
    CurrentProcess.refuseDump();
    CurrentProcess.becomeChildSubreaper();
    CurrentProcess.setUmask(UMASK);
    EventLoop loop = new EventLoop();
    Pod pod = new Pod(loop, path);
    Listener listener = new Listener(loop, pod, UnixSocket.listen(path, BACKLOG));
    listener.start();
    loop.run(pod);
    listener.stop();
  }

  /**
   * Ends the process at once after a failure that it cannot survive. Returning from {@code main} is
   * not enough: a launch thread that hangs in the kernel would keep the process and its socket
   * alive, and the daemon would wait for exits that no event loop sees any more.
   */
  static void fail(Throwable failure) {
    try {
      ErrorLog.last("the shim ends", failure);
    } finally {
      Runtime.getRuntime().halt(EXIT_FAILED);
    }
  }
}
