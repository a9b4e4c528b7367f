package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.shim.SavedPod.SavedOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The outputs of a container: standard output and standard error, or one terminal. */
final class Outputs {
  private final List<Pump> pumps = new ArrayList<>(2);

  /** Goes on with the outputs of a shim that has slept. */
  void restore(Container container, Pod pod, List<SavedOutput> saved, CriLog log)
      throws ErrnoException {
    for (int i = 0; i < saved.size(); i++) {
      pumps.add(Pump.restore(container, pod, saved.get(i), log));
    }
  }

  List<SavedOutput> save() {
    List<SavedOutput> saved = new ArrayList<>(pumps.size());
    for (int i = 0; i < pumps.size(); i++) {
      saved.add(pumps.get(i).save());
    }
    return saved;
  }

  void add(Pump pump) {
    pumps.add(pump);
  }

  void start() throws ErrnoException {
    for (int i = 0; i < pumps.size(); i++) {
      pumps.get(i).start();
    }
  }

  boolean haveEnded() {
    for (int i = 0; i < pumps.size(); i++) {
      if (pumps.get(i).isOpen()) {
        return false;
      }
    }
    return true;
  }

  /** Whether nothing but the next output is waited for. */
  boolean areQuiet() {
    for (int i = 0; i < pumps.size(); i++) {
      if (!pumps.get(i).isQuiet()) {
        return false;
      }
    }
    return true;
  }

  /** Returns the descriptor of the first output; null if that has ended. */
  @Nullable Fd first() {
    return pumps.isEmpty() || !pumps.getFirst().isOpen() ? null : pumps.getFirst().output();
  }

  /**
   * Copies an output to a client too.
   *
   * @param pipe closed by the output, at once if there is no such output; null: none is wanted
   */
  void attach(@Nullable Fd pipe, int index) throws IOException {
    if (pipe != null) {
      if (index < pumps.size()) {
        pumps.get(index).attach(pipe);
      } else {
        pipe.close(); // a terminal has one output
      }
    }
  }

  void drainAndClose(int reads) {
    for (int i = 0; i < pumps.size(); i++) {
      pumps.get(i).drainAndClose(reads);
    }
  }

  void close() {
    for (int i = 0; i < pumps.size(); i++) {
      pumps.get(i).close();
    }
  }
}
