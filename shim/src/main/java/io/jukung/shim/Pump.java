package io.jukung.shim;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.shim.SavedPod.SavedOutput;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies one output of a container from its pipe or terminal to the log and to the attached
 * clients. Closes the descriptor.
 */
final class Pump extends Source {
  private final Container container;
  private final Pod pod;
  private final Fd output;
  private final CriLog.Stream log;
  private List<AttachedOutput> attached = List.of();
  private boolean started;
  private boolean paused;
  private boolean open = true;

  Pump(Container container, Pod pod, Fd output, CriLog.Stream log) {
    this.container = container;
    this.pod = pod;
    this.output = output;
    this.log = log;
  }

  /** Goes on with an output of a shim that has slept. */
  static Pump restore(Container container, Pod pod, SavedOutput saved, CriLog log)
      throws ErrnoException {
    CriLog.Stream stream = log.stream(saved.stream());
    if (saved.descriptor() == SavedPod.NONE) {
      stream.end();
      Pump ended = new Pump(container, pod, Fd.none(), stream);
      ended.open = false;
      return ended;
    }
    stream.restoreTail(saved.tail());
    Pump pump = new Pump(container, pod, Fd.own(saved.descriptor()), stream);
    pump.start();
    return pump;
  }

  SavedOutput save() {
    return new SavedOutput(log.name(), open ? output.number() : SavedPod.NONE, log.tail());
  }

  /** Whether the output has ended, or nothing but the container's next output is waited for. */
  boolean isQuiet() {
    return !open || (started && !paused && attached.isEmpty());
  }

  Fd output() {
    return output;
  }

  void start() throws ErrnoException {
    StatusFlags.setNonBlocking(output);
    pod.loop().add(this, output, Epoll.IN);
    started = true;
  }

  boolean isOpen() {
    return open;
  }

  /**
   * Copies the output from now on to a client's pipe too, until its reading end is closed or the
   * output ends.
   *
   * @param pipe the writing end; this object closes it, also if it fails
   */
  void attach(Fd pipe) throws ErrnoException {
    if (!open) {
      pipe.close();
      return;
    }
    AttachedOutput client = new AttachedOutput(pod, this, pipe);
    try {
      client.start();
    } catch (ErrnoException e) {
      pipe.close();
      throw e;
    }
    if (attached.isEmpty()) {
      attached = new ArrayList<>(1);
    }
    attached.add(client);
  }

  void detach(AttachedOutput client) {
    attached.remove(client);
    resume();
  }

  /**
   * Reads and logs once. After an error the output stays open and the loop calls this method again:
   * closing it would kill the application by SIGPIPE at its next write.
   */
  @Override
  void ready(int events) {
    // Only once, so that other sources get their turn.
    int count = pumpOnce();
    if (count <= 0 && count != Transfer.WOULD_BLOCK) {
      if (!CriLog.isEnd(count)) {
        ErrorLog.say("output of " + container + " lost: read error " + -count);
      }
      close();
      container.outputEnded();
    } else if (isStalled()) {
      paused = true;
      pod.loop().remove(this, output);
    }
  }

  private int pumpOnce() {
    int count = log.pump(output);
    if (count > 0) {
      container.tellLeftOut();
      // Backwards, because a client that has gone is removed from the list.
      for (int i = attached.size() - 1; i >= 0; i--) {
        copyTo(attached.get(i), count);
      }
    }
    return count;
  }

  /** If this fails the client is closed, because it has missed a part of the output. */
  private void copyTo(AttachedOutput client, int count) {
    try {
      client.write(log.chunk(), log.lastReadAt(), count);
    } catch (RuntimeException | Error e) {
      client.close();
      ErrorLog.unexpected(client, e);
    }
  }

  private boolean isStalled() {
    for (int i = 0; i < attached.size(); i++) {
      if (attached.get(i).isStalled()) {
        return true;
      }
    }
    return false;
  }

  /** Continues to read if no attached client is stalled any more. */
  void resume() {
    if (!open || !paused || isStalled()) {
      return;
    }
    paused = false;
    try {
      pod.loop().add(this, output, Epoll.IN);
    } catch (ErrnoException e) {
      ErrorLog.unexpected(this + " lost", e);
      close();
      container.outputEnded();
    }
  }

  /** Logs what is there now, with at most {@code reads} reads, and closes the output. */
  void drainAndClose(int reads) {
    for (int i = attached.size() - 1; i >= 0; i--) {
      if (attached.get(i).isStalled()) {
        attached.get(i).close();
      }
    }
    for (int i = 0; open && started && i < reads && !isStalled() && pumpOnce() > 0; i++) {
      // pumpOnce has logged it
    }
    close();
  }

  void close() {
    if (open) {
      open = false;
      pod.loop().remove(this, output);
      output.close();
      log.end();
      for (int i = attached.size() - 1; i >= 0; i--) {
        attached.get(i).close();
      }
    }
  }

  @Override
  public String toString() {
    return "output of " + container;
  }
}
