package io.jukung.cli.resident;

import io.jukung.cli.command.Caller;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A starter, for which the resident client runs a command. */
final class ServedProcess implements Caller {
  private static final long FOREGROUND_INTERVAL_MILLIS = 100;

  // Fields of /proc/PID/stat, counted after the program's name (proc_pid_stat(5)).
  private static final int GROUP = 2;
  private static final int TERMINAL = 4;
  private static final int FOREGROUND_GROUP = 5;

  private final int pid;
  private final Path directory;
  private final Fd directoryHandle;
  private final Fd input;
  private final Display display;
  private final long terminal;
  private final Cancellation cancellation;
  private final Set<Thread> endHooks = new LinkedHashSet<>();
  private boolean ending;

  /**
   * @param directory the path of the working directory
   * @param directoryHandle a handle of the working directory
   * @param input standard input
   * @param output standard output
   */
  ServedProcess(
      int pid, Path directory, Fd directoryHandle, Fd input, Fd output, Cancellation cancellation)
      throws ErrnoException {
    this.pid = pid;
    this.directory = directory;
    this.directoryHandle = directoryHandle;
    this.input = input;
    this.display = Display.of(output);
    this.terminal = terminal(FileStatus.of(input));
    this.cancellation = cancellation;
  }

  /** Returns the number of a terminal as /proc/PID/stat has it; 0 if the file is none. */
  private static long terminal(FileStatus file) {
    if (file.type() != FileType.CHARACTER_DEVICE) {
      return 0;
    }
    int minor = file.deviceMinor();
    return (minor & 0xff) | ((long) file.deviceMajor() << 8) | ((minor & ~0xffL) << 12);
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public Path reach(Path named) {
    return named.isAbsolute() ? named : Path.of(directoryHandle.procPath()).resolve(named);
  }

  @Override
  public Fd duplicateInput() throws ErrnoException {
    return input.duplicate();
  }

  @Override
  public Display display() {
    return display;
  }

  /**
   * Whether the starter's job may read from the terminal. The kernel answers this with SIGTTIN only
   * for processes of the terminal's own session, to which this JVM does not belong.
   */
  boolean isForeground() throws IOException {
    if (terminal == 0) {
      return true;
    }
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
    boolean isControlling = Long.parseLong(fields.get(TERMINAL)) == terminal;
    return !isControlling || fields.get(GROUP).equals(fields.get(FOREGROUND_GROUP));
  }

  /** Waits until the job is in the foreground, or the command has ended. */
  void awaitForegroundOrEnd() throws IOException {
    try {
      while (!isForeground()) {
        cancellation.check();
        cancellation.await(FOREGROUND_INTERVAL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void awaitForeground() throws InterruptedException {
    try {
      awaitForegroundOrEnd();
    } catch (IOException e) {
      throw (InterruptedException) new InterruptedException("the caller is gone").initCause(e);
    }
  }

  @Override
  public synchronized void addEndHook(Thread hook) {
    if (!ending) {
      endHooks.add(hook);
    }
  }

  @Override
  public synchronized void removeEndHook(Thread hook) {
    if (!ending) {
      endHooks.remove(hook);
    }
  }

  /** Runs the end hooks, once, and waits until they have ended. */
  void runEndHooks() throws InterruptedException {
    Set<Thread> hooks;
    synchronized (this) {
      ending = true;
      hooks = Set.copyOf(endHooks);
      endHooks.clear();
    }
    hooks.forEach(Thread::start);
    for (Thread hook : hooks) {
      hook.join();
    }
  }
}
