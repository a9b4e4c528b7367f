package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.Keeper;
import io.jukung.linux.process.CurrentProcess;
import io.jukung.linux.process.Failpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The main program of a shim: {@code java … io.jukung.shim.Main [--sleep-after MILLISECONDS]
 * --socket PATH}. A shim that has slept is started with {@code --wake STATE KEEPER} by itself.
 */
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

  /**
   * The pause before a shim that cannot use its state sleeps again. It wakes at once if something
   * waits, and tries again: the right release may be installed by then.
   */
  private static final int REFUSED_PAUSE_MILLIS = 5_000;

  private static final String WAKE = "--wake";
  private static final int EXIT_FAILED = 1;

  private Main() {}

  public static void main(String[] arguments) {
    try {
      Failpoint.installIfAsked();
      // This comes first: from here on no process of a container can look into this process.
      CurrentProcess.refuseDump();
      CurrentProcess.becomeChildSubreaper();
      CurrentProcess.setUmask(UMASK);
      if (arguments.length == 3 && arguments[0].equals(WAKE)) {
        wake(Fd.own(Integer.parseInt(arguments[1])), Fd.own(Integer.parseInt(arguments[2])));
      } else {
        begin(arguments);
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  static List<String> wakeArguments(int state, int keeper) {
    return List.of(WAKE, Integer.toString(state), Integer.toString(keeper));
  }

  private static void begin(String[] arguments) throws IOException {
    String socket = "";
    long sleepAfterMillis = Sleep.NEVER;
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--socket" -> socket = arguments[i + 1];
        case "--sleep-after" -> sleepAfterMillis = Long.parseLong(arguments[i + 1]);
        default -> socket = "";
      }
    }
    if (socket.isEmpty() || arguments.length % 2 != 0 || sleepAfterMillis < 0) {
      System.err.println("usage: io.jukung.shim.Main [--sleep-after MILLISECONDS] --socket PATH");
      System.exit(2);
    }
    SleepPractice.runIfAsked();
    Path path = Path.of(socket);
    EventLoop loop = new EventLoop();
    Pod pod = new Pod(loop, path);
    Listener listener = new Listener(loop, pod, UnixSocket.listen(path, BACKLOG));
    listener.start();
    serve(loop, listener, new Sleep(pod, loop, listener, sleepAfterMillis, arguments.length));
  }

  /**
   * Goes on where the shim was when it fell asleep. Until all is restored, nothing is closed, so
   * that a shim that cannot go on can sleep again.
   */
  private static void wake(Fd state, Fd keeper) throws IOException {
    byte[] content = StateFile.content(state);
    EventLoop loop;
    Pod pod;
    Listener listener;
    SavedPod saved;
    try {
      saved = StateFile.decode(content);
      ErrorLog.resume(saved.loggedLines());
      loop = new EventLoop();
      pod = Pod.restore(loop, saved);
      listener = Listener.restore(loop, pod, saved);
    } catch (IOException | RuntimeException | Error e) {
      sleepAgain(state, keeper, content, e);
      return;
    }
    Keeper.closeAllOnExec();
    Fd.own(saved.epoll()).close();
    state.close();
    keeper.close();
    int arguments = wakeArguments(0, 0).size();
    serve(loop, listener, new Sleep(pod, loop, listener, saved.sleepAfterMillis(), arguments));
  }

  private static void sleepAgain(Fd state, Fd keeper, byte[] content, Throwable why) {
    ErrorLog.sayInSmallLog("the shim cannot wake and sleeps again: " + why.getMessage());
    while (true) {
      EventLoop.pause(REFUSED_PAUSE_MILLIS);
      try {
        Sleep.again(state, keeper, content);
      } catch (IOException e) {
        ErrorLog.unexpected("the shim cannot sleep again", e);
      }
    }
  }

  private static void serve(EventLoop loop, Listener listener, Sleep sleep) throws IOException {
    loop.run(sleep);
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
