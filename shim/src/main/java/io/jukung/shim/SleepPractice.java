package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.Keeper;
import java.io.IOException;
import java.util.List;

/**
 * Does what falling asleep and waking do, except that the process goes on. The run that records the
 * start-up cache calls it: a process that really falls asleep cannot write its recording, and the
 * classes that it needs would be read from the jar in each wake.
 */
final class SleepPractice {
  /** Set in the run that records the start-up cache. */
  private static final String PROPERTY = "jukung.shim.practise-sleep";

  private static final int DESCRIPTOR = 0;

  private SleepPractice() {}

  static void runIfAsked() throws IOException {
    if (Boolean.getBoolean(PROPERTY)) {
      run();
    }
  }

  /**
   * Writes the state of a made-up pod, reads it again and makes a keeper.
   *
   * @return what was read
   */
  static SavedPod run() throws IOException {
    SavedPod pod = pod();
    try (Fd state = StateFile.write(pod, pod.descriptors());
        Fd image = Keeper.createImage()) {
      Keeper.write(
          image,
          new Keeper.Watch(DESCRIPTOR, true, List.of("/practice"), List.of("NAME=value"), 0));
      Keeper.closeAllOnExec();
      return StateFile.decode(StateFile.content(state));
    }
  }

  private static SavedPod pod() {
    SavedPod.SavedContainer container =
        new SavedPod.SavedContainer(
            "container",
            "/state",
            "/cgroup",
            false,
            false,
            1,
            1L,
            DESCRIPTOR,
            SavedPod.NONE,
            false,
            new SavedPod.SavedExit(0, 1L, false),
            new SavedPod.SavedLog("/log", DESCRIPTOR, false, 0L, null),
            List.of(new SavedPod.SavedOutput("stdout", DESCRIPTOR, new byte[] {'a'})));
    return new SavedPod(
        "/socket", "sandbox", 1L, 0, DESCRIPTOR, DESCRIPTOR, DESCRIPTOR, false, List.of(container));
  }
}
