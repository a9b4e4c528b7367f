package io.jukung.runtime.recovery;

import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.recovery.BoundedWork.Step;
import io.jukung.runtime.recovery.BoundedWork.Work;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.DamagedRecordException;
import io.jukung.runtime.store.ExitRecord;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the records of all sandboxes and containers, all at once. A record that cannot be read, or
 * not in time, is read on in the background: what it describes stays as it is until then. A record
 * that was read and is damaged is told apart, because reading it again cannot help.
 */
final class RecordLoader {
  private static final Logger LOG = LoggerFactory.getLogger(RecordLoader.class);

  /** The pause before a record whose read failed is read again. */
  private static final Duration READ_AGAIN = Duration.ofSeconds(5);

  /** Receives what was read. Objects come in any order, and some of them late. */
  interface Receiver {
    /** Receives a sandbox. */
    void loaded(Sandbox sandbox);

    /** Receives a container, whose sandbox may not be there yet. */
    void loaded(Container container);
  }

  private final StateFiles files;
  private final RecordReader reader;
  private final PodCgroups cgroups;
  private final Receiver receiver;
  private final Set<String> unread = ConcurrentHashMap.newKeySet();
  private final Map<String, Exception> damagedSandboxes = new ConcurrentHashMap<>();
  private final Map<String, Exception> damagedContainers = new ConcurrentHashMap<>();
  private volatile boolean closed;

  RecordLoader(StateFiles files, RecordReader reader, PodCgroups cgroups, Receiver receiver) {
    this.files = files;
    this.reader = reader;
    this.cgroups = cgroups;
    this.receiver = receiver;
  }

  /** The ids of objects that are not read yet. Changes while they arrive. */
  Set<String> unread() {
    return unread;
  }

  /** Why the records of these sandboxes are no valid records, by id. */
  Map<String, Exception> damagedSandboxes() {
    return damagedSandboxes;
  }

  /** Why the records of these containers are no valid records, by id. */
  Map<String, Exception> damagedContainers() {
    return damagedContainers;
  }

  /** Reads everything, and returns at the latest when the limit is over. */
  void load(Duration limit) throws IOException, InterruptedException {
    List<Work> work = new ArrayList<>();
    list(files.paths().sandboxes(), id -> new LoadSandbox(id), work);
    list(files.paths().containers(), id -> new LoadContainer(id), work);
    BoundedWork.run(work, limit);
  }

  /** Ends the reads that are tried again. */
  void close() {
    closed = true;
  }

  private interface Loads {
    Load of(String id);
  }

  private static void list(Path directory, Loads loads, List<Work> work) throws IOException {
    for (String name : StateFiles.list(directory)) {
      String id = StateFiles.isSetAside(name) ? putBack(directory, name) : name;
      if (ObjectId.isValid(id)) {
        work.add(new Work("read " + directory.resolve(id), loads.of(id)));
      } else {
        LOG.warn("{} is not the directory of a record, and stays as it is", directory.resolve(id));
      }
    }
  }

  /**
   * Puts an object back that an earlier release has set aside because of a damaged record, and with
   * it all that the object still holds.
   */
  private static String putBack(Path directory, String name) throws IOException {
    String id = name.substring(0, name.indexOf('.'));
    if (!ObjectId.isValid(id) || Files.exists(directory.resolve(id))) {
      return name;
    }
    Files.move(directory.resolve(name), directory.resolve(id));
    return id;
  }

  /** The load of one object. */
  private abstract class Load implements Step {
    final String id;
    private boolean isLate;

    Load(String id) {
      this.id = id;
    }

    /** Reads the object, and returns what gives it to the receiver. */
    abstract Runnable read() throws IOException;

    abstract Map<String, Exception> damaged();

    @Override
    public void run() throws InterruptedException {
      while (!closed) {
        try {
          publish(read());
          return;
        } catch (DamagedRecordException | RuntimeException e) {
          publishDamage(e);
          return;
        } catch (IOException e) {
          if (unread.add(id)) {
            LOG.error("{} cannot be read, and stays as it is until it can", id, e);
          }
          synchronized (this) {
            isLate = true;
          }
        }
        Thread.sleep(READ_AGAIN);
      }
    }

    private synchronized void publish(Runnable loaded) {
      loaded.run();
      if (isLate) {
        LOG.warn("{} was read late, and is taken up now", id);
      }
      unread.remove(id); // last: until then nothing that belongs to the object may be swept
    }

    private synchronized void publishDamage(Exception why) {
      if (isLate) {
        // The next start repairs it. Until then its id protects what it has.
        LOG.error(
            "{} was read late and is damaged; it stays as it is until the next start", id, why);
        return;
      }
      damaged().put(id, why);
    }

    @Override
    public synchronized void giveUp() {
      if (!isLate) {
        isLate = true;
        unread.add(id);
      }
    }
  }

  private final class LoadSandbox extends Load {
    LoadSandbox(String id) {
      super(id);
    }

    @Override
    Runnable read() throws IOException {
      if (files.isUnfinishedSandbox(id)) {
        files.deleteSandbox(id); // nothing was made for it
        return () -> {};
      }
      SandboxRecord record = reader.sandbox(id);
      check(id, record.id(), record.version(), SandboxRecord.VERSION);
      return () -> receiver.loaded(new Sandbox(record));
    }

    @Override
    Map<String, Exception> damaged() {
      return damagedSandboxes;
    }
  }

  private final class LoadContainer extends Load {
    LoadContainer(String id) {
      super(id);
    }

    @Override
    Runnable read() throws IOException {
      if (files.isUnfinishedContainer(id)) {
        files.deleteContainer(id);
        return () -> {};
      }
      ContainerRecord record = reader.container(id);
      check(id, record.id(), record.version(), ContainerRecord.VERSION);
      Container container = new Container(files, record, readStatus(id));
      lookAt(container);
      return () -> receiver.loaded(container);
    }

    @Override
    Map<String, Exception> damaged() {
      return damagedContainers;
    }
  }

  private static void check(String directory, String id, int version, int known)
      throws DamagedRecordException {
    if (version != known) {
      throw new DamagedRecordException(
          "the record has version " + version + "; this release reads version " + known);
    }
    if (!directory.equals(id)) {
      throw new DamagedRecordException(
          "the record is that of " + id + ", and its directory is another's");
    }
  }

  /** Reads the status. What a damaged one does not tell, shim, exit.json and cgroup will. */
  private ContainerStatusRecord readStatus(String id) throws IOException {
    try {
      return reader.status(id);
    } catch (DamagedRecordException e) {
      Path aside =
          StateFiles.setAside(files.paths().containerStatus(id), System.currentTimeMillis());
      LOG.error("the status of container {} is damaged, and is kept as {}", id, aside, e);
      return ContainerStatusRecord.damaged(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Compares the status on the disk with exit.json and the cgroup, which no shim is needed for.
   * What contradicts it is UNKNOWN until the shim is asked.
   */
  private void lookAt(Container container) throws IOException {
    if (container.status().isExited()) {
      return;
    }
    Optional<ExitRecord> exit = exit(container.id());
    if (exit.isPresent()) {
      container.unknown("it has ended, and its end is being recorded");
      container.exited(ContainerExit.of(exit.get()));
      return;
    }
    boolean hasProcesses = cgroups.at(container.record().cgroup()).isPopulated();
    if (container.status().isRunning() && !hasProcesses) {
      container.unknown("its processes are gone, and its shim was not asked yet");
    } else if (container.status().isCreated() && hasProcesses) {
      container.unknown("its start is not on record, and its shim was not asked yet");
    }
  }

  private Optional<ExitRecord> exit(String id) throws IOException {
    try {
      return files.readExit(id);
    } catch (DamagedRecordException e) {
      LOG.error("container {}: its exit record is damaged", id, e);
      return Optional.empty();
    }
  }
}
