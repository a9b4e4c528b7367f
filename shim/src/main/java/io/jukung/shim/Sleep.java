package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.launch.Keeper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets a shim that has nothing to do sleep: the JVM executes a {@link Keeper} in its place, which
 * needs some 20 kB, and which executes the shim again when something happens.
 *
 * <pre>
 *   awake ──idle for sleep-after──▶ state in a memory file ──execveat──▶ keeper
 *     ▲                                                                    │ output, an exit, a
 *     │                                                                    │ request, a connection
 *     └── state read, all descriptors watched ◀── java … --wake STATE KEEPER ◀┘
 * </pre>
 *
 * An event that comes while the shim falls asleep or wakes waits in its descriptor. A shim that
 * cannot sleep stays awake and tries again after the same time.
 */
final class Sleep extends EventLoop.Clockwork {
  /** The value for a shim that never sleeps. */
  static final long NEVER = 0;

  /** A command line of a JVM, or an environment, is far shorter. */
  private static final int MAX_COMMAND = 128 * 1024;

  /** Names the program that starts the shim, whatever flags a later release gives to Java. */
  private static final String STARTER = "jukung.shim.starter";

  /** A number with its sign, and the end of the line. */
  private static final int MAX_NUMBER = 16;

  private static final long NANOS_PER_MILLI = 1_000_000L;

  private final Pod pod;
  private final EventLoop loop;
  private final Listener listener;
  private final long afterMillis;
  private final int arguments;
  private long notBefore;

  /**
   * @param afterMillis how long the shim is idle before it sleeps, or {@link #NEVER}
   * @param arguments how many arguments {@link Main} has got
   */
  Sleep(Pod pod, EventLoop loop, Listener listener, long afterMillis, int arguments) {
    this.pod = pod;
    this.loop = loop;
    this.listener = listener;
    this.afterMillis = afterMillis;
    this.arguments = arguments;
    this.notBefore = System.nanoTime();
  }

  @Override
  int millisToNextTick() {
    int next = pod.millisToNextTick();
    if (afterMillis == NEVER || !isQuiet()) {
      return next;
    }
    long left = Math.max(0, dueAt() - System.nanoTime()) / NANOS_PER_MILLI + 1;
    int due = (int) Math.min(left, Integer.MAX_VALUE);
    return next == Epoll.FOREVER ? due : Math.min(next, due);
  }

  @Override
  void tick() {
    pod.tick();
    if (afterMillis != NEVER && dueAt() - System.nanoTime() <= 0 && isQuiet()) {
      fallAsleep();
    }
  }

  @Override
  boolean isOver() {
    return pod.isOver();
  }

  private boolean isQuiet() {
    return pod.isQuiet() && listener.isQuiet() && !pod.isOver();
  }

  private long dueAt() {
    long idle = loop.lastEventAt() + afterMillis * NANOS_PER_MILLI;
    return idle - notBefore >= 0 ? idle : notBefore;
  }

  /** Returns only if the shim cannot sleep now. */
  private void fallAsleep() {
    notBefore = System.nanoTime() + afterMillis * NANOS_PER_MILLI;
    Connection daemon = listener.connection();
    if (daemon != null && !daemon.beginSleep()) {
      return;
    }
    try {
      becomeKeeper(listener.connection());
    } catch (IOException | RuntimeException | Error e) {
      ErrorLog.unexpected("the shim stays awake", e);
      if (daemon != null) {
        daemon.endSleep();
      }
    }
  }

  /** Returns only by an exception. */
  private void becomeKeeper(@Nullable Connection daemon) throws IOException {
    SavedPod saved =
        new SavedPod(
            pod.socketPath(),
            pod.sandboxId(),
            afterMillis,
            ErrorLog.lines(),
            loop.descriptor().number(),
            listener.descriptor(),
            daemon == null ? SavedPod.NONE : daemon.descriptor(),
            daemon != null && daemon.rings(),
            pod.saveContainers());
    int[] kept = saved.descriptors();
    try (Fd state = StateFile.write(saved, kept);
        Fd image = Keeper.createImage()) {
      List<String> title = title(saved.socketPath());
      Keeper.write(
          image,
          new Keeper.Watch(
              saved.epoll(),
              pod.expectsOrphans(),
              wakeCommand(state, image),
              environment(),
              oomScoreAdjustment()));
      Keeper.become(image, title, with(kept, state));
    }
  }

  /** What the command line of a shim that sleeps shows. */
  private static List<String> title(String socketPath) {
    return List.of(Main.class.getName(), "--asleep", "--socket", socketPath);
  }

  private static int[] with(int[] kept, Fd state) {
    int[] all = Arrays.copyOf(kept, kept.length + 1);
    all[kept.length] = state.number();
    return all;
  }

  private List<String> wakeCommand(Fd state, Fd image) throws IOException {
    List<String> command = new ArrayList<>();
    String starter = System.getProperty(STARTER);
    if (starter == null) {
      List<String> own = strings("/proc/self/cmdline");
      command.addAll(own.subList(0, own.size() - arguments));
    } else {
      command.add(starter);
    }
    command.addAll(Main.wakeArguments(state.number(), image.number()));
    return command;
  }

  /** The containers inherit it, unless their pod asks for another one. */
  private static int oomScoreAdjustment() throws IOException {
    return Integer.parseInt(HostFile.read("/proc/self/oom_score_adj", MAX_NUMBER).strip());
  }

  private static List<String> environment() throws IOException {
    return strings("/proc/self/environ");
  }

  /** Reads a file of strings that each end with a zero byte. */
  private static List<String> strings(String file) throws IOException {
    String text = HostFile.read(file, MAX_COMMAND);
    if (text.length() >= MAX_COMMAND) {
      throw new IOException(file + " has more than " + MAX_COMMAND + " bytes");
    }
    List<String> strings = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf(0); end >= 0; end = text.indexOf(0, start)) {
      strings.add(text.substring(start, end));
      start = end + 1;
    }
    return strings;
  }

  /**
   * Sleeps again, for a program that cannot read the state that an earlier one has left, because it
   * is of another release. Nothing of the state is touched.
   *
   * @param content of the state file
   */
  static void again(Fd state, Fd image, byte[] content) throws IOException {
    Keeper.become(image, title("unknown"), with(StateFile.keptDescriptors(content), state));
  }
}
