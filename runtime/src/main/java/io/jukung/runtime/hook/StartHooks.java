package io.jukung.runtime.hook;

import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.launch.HookSteps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The hooks that run while a launch waits for them. The process of the launch connects to a socket,
 * says when hooks may run, and goes on when it is told so. If a hook fails the connection is
 * closed, and so the launch fails.
 */
public final class StartHooks implements AutoCloseable {
  /** Runs the hooks of one moment. */
  @FunctionalInterface
  interface Moment {
    /** Runs them while this process waits. An exception makes the launch fail. */
    void run(int pid, Pidfd process, Eventfd cancel) throws IOException;
  }

  private final @Nullable Path directory;
  private final Moment[] moments;
  private final @Nullable UnixSocket listener;
  private final @Nullable Eventfd over;
  private final @Nullable Thread thread;
  private volatile @Nullable Throwable failure;

  private StartHooks(@Nullable Path directory, Moment... moments) throws IOException {
    this.directory = directory;
    this.moments = moments;
    if (directory == null) {
      listener = null;
      over = null;
      thread = null;
      return;
    }
    Path socket = directory.resolve(HookSteps.SOCKET);
    Files.deleteIfExists(socket); // of a daemon that was killed
    listener = UnixSocket.listen(socket, 1);
    over = Eventfd.create();
    // Launches and waits block in the kernel, so this is no virtual thread.
    thread = Thread.ofPlatform().daemon().name("hooks in " + directory).start(this::serve);
  }

  /** Of a container whose launch waits for nothing. */
  public static StartHooks none() throws IOException {
    return new StartHooks(null);
  }

  /**
   * Waits for a launch.
   *
   * @param directory the container's, where the socket is made
   * @param moments in the order in which the launch asks for them
   */
  static StartHooks serve(Path directory, Moment... moments) throws IOException {
    return new StartHooks(directory, moments);
  }

  /** Returns where the launch finds the socket; null: the launch waits for nothing. */
  public @Nullable Path directory() {
    return directory;
  }

  /** Returns why a hook has failed; null if none has. The launch fails a moment later. */
  public @Nullable IOException failure() {
    Throwable found = failure;
    return found == null || found instanceof IOException
        ? (IOException) found
        : new IOException("hooks: " + found, found);
  }

  private void serve() {
    try {
      answer();
    } catch (IOException | RuntimeException | Error e) {
      failure = e; // the caller of the launch throws it
    }
  }

  private void answer() throws IOException {
    UnixSocket waiting = listener;
    Eventfd cancel = over;
    if (waiting == null || cancel == null || isOver(waiting.fd(), cancel)) {
      return;
    }
    try (UnixSocket connection = waiting.accept()) {
      if (connection == null) {
        return;
      }
      int pid = connection.peer().pid();
      try (Memory word = Memory.allocate(1)) {
        for (Moment moment : moments) {
          if (isOver(connection.fd(), cancel) || Transfer.read(connection.fd(), word, 0, 1) != 1) {
            return; // the launch has failed at an earlier step
          }
          try (Pidfd process = Pidfd.open(pid)) { // it waits, so its pid is still its own
            moment.run(pid, process, cancel);
          }
          Transfer.write(connection.fd(), word, 0, 1);
        }
      }
    }
  }

  /** Waits until there is something to read, or the launch is over. */
  private static boolean isOver(Fd from, Eventfd cancel) throws IOException {
    return Readiness.awaitEither(from, Epoll.IN, cancel.fd(), Epoll.FOREVER) == 0;
  }

  /** Ends a hook that runs. To be called when the launch has ended, and before {@link #failure}. */
  public void end() throws IOException {
    Thread serving = thread;
    if (serving != null && over != null) {
      over.signal();
      FreshThread.joinUninterruptibly(serving);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      end();
    } finally {
      if (listener != null) {
        listener.close();
      }
      if (over != null) {
        over.close();
      }
      if (directory != null) {
        Files.deleteIfExists(directory.resolve(HookSteps.SOCKET));
      }
    }
  }
}
