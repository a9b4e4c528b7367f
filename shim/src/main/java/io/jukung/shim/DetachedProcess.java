package io.jukung.shim;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Children;
import io.jukung.linux.process.ExitStatus;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.shim.v1.OciRuntime;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A process that a runtime of the OCI, such as runc, starts and leaves behind. The runtime is a
 * child of the shim; when the runtime ends, the kernel gives the process to the shim, which is the
 * subreaper. Used on a launch thread, which waits for the runtime.
 */
final class DetachedProcess implements AutoCloseable {
  /** Less than the daemon waits for a launch (ShimConnection). */
  private static final long RUNTIME_MILLIS = 50_000;

  private static final long ADOPTION_POLL_NANOS = 500_000;

  private static final int MAX_PID_TEXT = 16;

  /** The runtime sends the name of the terminal beside its descriptor. */
  private static final int MAX_NAME_BYTES = 4096;

  private final OciRuntime runtime;
  private final @Nullable UnixSocket console;

  private DetachedProcess(OciRuntime runtime, @Nullable UnixSocket console) {
    this.runtime = runtime;
    this.console = console;
  }

  /** Makes what the runtime expects. To be called before the runtime is launched. */
  static DetachedProcess expectedFrom(OciRuntime runtime) throws IOException {
    String socket = runtime.getConsoleSocket();
    return new DetachedProcess(
        runtime, socket.isEmpty() ? null : UnixSocket.listen(Path.of(socket), 1));
  }

  /**
   * Waits for the end of the runtime, and takes over the process that it has left.
   *
   * @param launched the runtime itself; its descriptors are closed
   */
  Launcher.Launched leftBy(Launcher.Launched launched) throws IOException {
    try (Pidfd process = Pidfd.own(launched.pidfd())) {
      await(process);
    }
    int pid = pid();
    Pidfd left = open(pid);
    try {
      awaitAdoption(pid, left);
      return new Launcher.Launched(pid, left.fd(), console == null ? null : terminal(console));
    } catch (IOException | RuntimeException | Error e) {
      left.close();
      throw e;
    }
  }

  private static void await(Pidfd process) throws IOException {
    boolean timely = Readiness.await(process.fd(), Epoll.IN, RUNTIME_MILLIS) != 0;
    if (!timely) {
      process.send(Signals.SIGKILL);
      Readiness.await(process.fd(), Epoll.IN, RUNTIME_MILLIS);
    }
    ExitStatus status = process.reap();
    if (!timely) {
      throw new IOException(
          "the runtime has not ended after " + RUNTIME_MILLIS / 1000 + " s and was killed");
    }
    if (status == null || status.exitCode() != 0) {
      throw new IOException(
          "the runtime has failed"
              + (status == null
                  ? ""
                  : status.signal() != 0
                      ? ": " + Signals.name(status.signal())
                      : " with exit status " + status.status()));
    }
  }

  private int pid() throws IOException {
    String text = HostFile.read(runtime.getPidFile(), MAX_PID_TEXT).strip();
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IOException(
          runtime.getPidFile() + ": the runtime has written no pid but \"" + text + "\"", e);
    }
  }

  private static Pidfd open(int pid) throws IOException {
    try {
      return Pidfd.open(pid);
    } catch (ErrnoException e) {
      // A child that has ended can be opened until it is reaped, which nobody does during a launch.
      throw e.is(Errno.ESRCH)
          ? new IOException("process " + pid + " is no child of the shim", e)
          : e;
    }
  }

  /**
   * Waits until the process is a child of the shim. crun's {@code run --detach} ends before a
   * second process of it, the parent of the container. Nobody but the parent learns an exit status.
   *
   * @throws IOException also if the parent has learnt it
   */
  private static void awaitAdoption(int pid, Pidfd process) throws IOException {
    long deadline = System.nanoTime() + RUNTIME_MILLIS * 1_000_000;
    while (!Children.isChild(pid)) {
      if (isReaped(process)) {
        throw new IOException(
            "process " + pid + " has ended, and its runtime has taken the exit status");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "process " + pid + " is still no child of the shim after the end of its runtime");
      }
      LockSupport.parkNanos(ADOPTION_POLL_NANOS);
    }
  }

  private static boolean isReaped(Pidfd process) throws ErrnoException {
    try {
      process.send(0);
      return false;
    } catch (ErrnoException e) {
      if (e.is(Errno.ESRCH)) {
        return true;
      }
      throw e;
    }
  }

  /** Receives the descriptor that the runtime has sent before its end. */
  private static Fd terminal(UnixSocket console) throws IOException {
    List<Fd> received = new ArrayList<>(1);
    try (UnixSocket connection = console.accept();
        Memory name = Memory.allocate(MAX_NAME_BYTES)) {
      if (connection != null) {
        connection.receive(name, 0, MAX_NAME_BYTES, received);
      }
    }
    if (received.size() == 1) {
      return received.get(0);
    }
    for (int i = 0; i < received.size(); i++) {
      received.get(i).close();
    }
    throw new IOException("the runtime has sent " + received.size() + " terminals");
  }

  @Override
  public void close() {
    if (console != null) {
      console.close();
      if (!new File(runtime.getConsoleSocket()).delete()) {
        ErrorLog.say("no socket to remove at " + runtime.getConsoleSocket());
      }
    }
  }
}
