package io.jukung.runtime.store;

import com.google.common.util.concurrent.Striped;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.ProjectQuota;
import io.jukung.linux.fs.RegularFile;
import io.jukung.linux.fs.RegularFile.UnexpectedFileException;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and writes the records on disk. Every file is replaced as a whole, so that a daemon that is
 * killed leaves either the old content or the new one. A power cut may cost more, as
 * docs/reliability.md says for each file: only what a reboot leaves of use is waited for.
 *
 * <p>Methods that read throw {@link DamagedRecordException} if the content is no valid record.
 */
public final class StateFiles {
  private static final Logger LOG = LoggerFactory.getLogger(StateFiles.class);

  /** Larger than any record can be: etcd refuses pods of more than 1.5 MiB. */
  private static final int MAX_RECORD_BYTES = 16 << 20;

  /** More than the deletions that are under way at a time, as a rule. */
  private static final int DELETION_LOCKS = 64;

  /** How many objects may wait in the trash to be deleted. Calls that bring more delete them. */
  private static final int MAX_PENDING_DELETIONS = 256;

  private final StatePaths paths;
  private final Executor deletions;

  /** Two deletions of one tree at the same time would find names that the other has removed. */
  private final Striped<Lock> deletionLocks = Striped.lock(DELETION_LOCKS);

  /** Files whose objects are deleted by the threads of the calls that remove them. */
  public StateFiles(StatePaths paths) {
    this(paths, Runnable::run);
  }

  private StateFiles(StatePaths paths, Executor deletions) {
    this.paths = paths;
    this.deletions = deletions;
  }

  /**
   * Files whose objects are deleted one after the other, by a thread that nobody waits for: a call
   * that removes an object ends when the object is in the trash.
   */
  public static StateFiles withBackgroundDeletions(StatePaths paths) {
    ThreadPoolExecutor deletions =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_PENDING_DELETIONS),
            Thread.ofVirtual().name("deletions").factory(),
            new ThreadPoolExecutor.CallerRunsPolicy());
    deletions.allowCoreThreadTimeOut(true);
    return new StateFiles(paths, deletions);
  }

  public StatePaths paths() {
    return paths;
  }

  /** Makes the sandbox's directory and its first record, without waiting for the disk. */
  public void createSandbox(SandboxRecord record) throws IOException {
    Path directory = paths.sandbox(record.id());
    StatePaths.createPrivate(directory);
    BootMark.write(directory);
    // The name first: one commit of the file system's journal is enough then.
    AtomicFile.replace(paths.sandboxRecord(record.id()), RecordText.of(record));
  }

  /**
   * Waits until the sandbox's directory and its first record are on the disk. To be called before
   * anything is made for the sandbox that outlives a power cut, as an address that a network plugin
   * hands out does, and before the caller of RunPodSandbox learns of the sandbox.
   */
  public void settleSandbox(String id) throws IOException {
    AtomicFile.settle(paths.sandboxRecord(id));
    AtomicFile.sync(paths.sandboxes());
  }

  /**
   * Whether the sandbox has no record, because its creation ended before there was one: nothing
   * else was made for it. A power cut at that moment can leave an empty file.
   */
  public boolean isUnfinishedSandbox(String id) throws IOException {
    return Files.notExists(paths.sandboxStatus(id)) && isMissingOrEmpty(paths.sandboxRecord(id));
  }

  /**
   * Writes a later record of the sandbox, in a file beside the first record: a rename that replaces
   * a file makes ext4 write the file out at once, and the step to READY is on every pod's path.
   */
  public void writeSandbox(SandboxRecord record) throws IOException {
    AtomicFile.replace(paths.sandboxStatus(record.id()), RecordText.of(record));
  }

  /**
   * Reads the latest record of the sandbox. A power cut can take the later records: what is left is
   * the first one, of a sandbox that was perhaps made completely. It is NOT_READY then.
   */
  public SandboxRecord readSandbox(String id) throws IOException {
    boolean isOfEarlierBoot = BootMark.isOfEarlierBoot(paths.sandbox(id));
    try {
      return read(paths.sandboxStatus(id), SandboxRecord.class);
    } catch (NoSuchFileException e) {
      SandboxRecord first = readFirstSandbox(id);
      return isOfEarlierBoot ? first.notReady() : first;
    } catch (DamagedRecordException e) {
      if (!isOfEarlierBoot) {
        throw e;
      }
      LOG.warn("{}; the record of its creation stands for it", e.getMessage());
      return readFirstSandbox(id).notReady();
    }
  }

  /** Reads the record that the sandbox was created with. */
  public SandboxRecord readFirstSandbox(String id) throws IOException {
    return read(paths.sandboxRecord(id), SandboxRecord.class);
  }

  public void deleteSandbox(String id) throws IOException {
    discard(paths.sandbox(id));
  }

  /**
   * Writes the records of a new container into its directory, which exists. container.json comes
   * last: without it the container does not exist.
   */
  public void createContainer(ContainerRecord record, byte[] spec) throws IOException {
    AtomicFile.replace(paths.containerSpec(record.id()), spec);
    AtomicFile.replace(paths.containerRecord(record.id()), RecordText.of(record));
  }

  /**
   * Waits until the container is on the disk, and that it may have run. To be called before its
   * first process starts: a node that runs a pod once must not run it twice because a power cut
   * took the container.
   */
  public void settleContainer(String id) throws IOException {
    BootMark.write(paths.container(id));
    AtomicFile.settle(paths.containerRecord(id));
    AtomicFile.sync(paths.containers());
  }

  /**
   * Whether the container has no record, because its creation did not finish. A power cut before
   * the container's start can leave an empty file.
   */
  public boolean isUnfinishedContainer(String id) throws IOException {
    return isMissingOrEmpty(paths.containerRecord(id)) && !BootMark.isMarked(paths.container(id));
  }

  public void writeContainer(ContainerRecord record) throws IOException {
    AtomicFile.write(paths.containerRecord(record.id()), RecordText.of(record));
  }

  public ContainerRecord readContainer(String id) throws IOException {
    return read(paths.containerRecord(id), ContainerRecord.class);
  }

  public byte[] readSpec(String id) throws IOException {
    return readBounded(paths.containerSpec(id));
  }

  public void writeStatus(String id, ContainerStatusRecord status) throws IOException {
    AtomicFile.replace(paths.containerStatus(id), RecordText.of(status));
  }

  /**
   * Reads the status of the container, which is CREATED if there is no status.json. Where a power
   * cut has perhaps taken status.json, the status is UNKNOWN.
   */
  public ContainerStatusRecord readStatus(String id) throws IOException {
    boolean mayHaveRun = BootMark.isOfEarlierBoot(paths.container(id));
    try {
      return read(paths.containerStatus(id), ContainerStatusRecord.class);
    } catch (NoSuchFileException e) {
      return mayHaveRun ? lost() : ContainerStatusRecord.created();
    } catch (DamagedRecordException e) {
      if (!mayHaveRun) {
        throw e;
      }
      LOG.warn("{}; the container is taken for one that has run", e.getMessage());
      return lost();
    }
  }

  /** Reads what the container's restarts depend on. */
  public RestartRecord readRestarts(String id) throws IOException {
    try {
      return read(paths.containerRestarts(id), RestartRecord.class);
    } catch (NoSuchFileException e) {
      return RestartRecord.fresh();
    } catch (DamagedRecordException e) {
      if (!BootMark.isOfEarlierBoot(paths.container(id))) {
        throw e;
      }
      LOG.warn("{}; nothing is known of the container's restarts", e.getMessage());
      return RestartRecord.fresh();
    }
  }

  public void writeRestarts(String id, RestartRecord record) throws IOException {
    AtomicFile.write(paths.containerRestarts(id), Json.write(record));
  }

  private static ContainerStatusRecord lost() {
    return ContainerStatusRecord.damaged("the node was restarted before its status was on disk");
  }

  /** Reads what the shim wrote when the container ended; empty if there is no exit.json. */
  public Optional<ExitRecord> readExit(String id) throws IOException {
    try {
      return Optional.of(read(paths.containerExit(id), ExitRecord.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Deletes what the shim wrote when the container ended, if that is there. */
  public void deleteExit(String id) throws IOException {
    Files.deleteIfExists(paths.containerExit(id));
  }

  /** Deletes the container's directory, including its writable layer. */
  public void deleteContainer(String id) throws IOException {
    liftLimit(paths.containerWork(id));
    discard(paths.container(id));
  }

  /**
   * The number of a limit can be given to another container once nothing has it. It is read from
   * the work directory, which no container reaches: root in a container can change that of its root
   * directory.
   */
  private static void liftLimit(Path work) throws IOException {
    try (Fd directory = HostFile.openDirectory(work)) {
      ProjectQuota.lift(directory);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
        throw e;
      }
      // The container has no writable layer, or not any more.
    }
  }

  /** Deletes the sandbox's volatile directory. Nothing may be mounted in it. */
  public void deleteSandboxState(String id) throws IOException {
    removeTree(paths.sandboxState(id));
  }

  /** Deletes what a user network keeps until the node is started again. */
  public void deleteNetworkState(String id) throws IOException {
    removeTree(paths.networkStates().resolve(id));
  }

  /** Deletes the bundle of a container that a runtime of the OCI runs. */
  public void deleteBundle(String id) throws IOException {
    removeTree(paths.bundles().resolve(id));
  }

  /** Lists the names in a directory of {@link StatePaths}. */
  public static List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        names.add(String.valueOf(entry.getFileName()));
      }
    }
    return names;
  }

  /** Renames a damaged object out of the way, so that a person can look at it. */
  public static Path setAside(Path object, long at) throws IOException {
    Path aside = object.resolveSibling(object.getFileName() + ".corrupt-" + at);
    return Files.move(object, aside, StandardCopyOption.ATOMIC_MOVE);
  }

  public static boolean isSetAside(String name) {
    return name.contains(".corrupt-");
  }

  /** The names of deletions that an earlier daemon began, if none has begun in this one. */
  public List<String> trash() throws IOException {
    return list(paths.trash());
  }

  /** Finishes deletions that an earlier daemon began. */
  public void emptyTrash(List<String> names) throws IOException {
    for (String name : names) {
      removeTree(paths.trash().resolve(name));
    }
  }

  /**
   * Moves the object to the trash, so that a crash never leaves half of an object, and has it
   * deleted there. What cannot be deleted is logged, and the next daemon tries again. An object
   * that an earlier attempt has moved is a no-op.
   */
  public void discard(Path object) throws IOException {
    String name = String.valueOf(object.getFileName());
    Path trashed = paths.trash().resolve(name + "-" + System.nanoTime());
    try {
      Files.move(object, trashed, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return; // an earlier attempt moved the object
    }
    deletions.execute(
        () -> {
          try {
            removeTree(trashed);
          } catch (IOException | RuntimeException e) {
            LOG.warn("{} cannot be deleted, the next start tries again: {}", trashed, e.toString());
          }
        });
  }

  private void removeTree(Path tree) throws IOException {
    Path parent = tree.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return;
    }
    String name = String.valueOf(tree.getFileName());
    // What an interrupted deletion has moved aside has a name that begins with the object's id.
    Lock lock = deletionLocks.get(name.substring(0, Math.min(name.length(), ObjectId.LENGTH)));
    lock.lock();
    try (Fd directory = HostFile.openDirectory(parent)) {
      TreeRemoval.remove(directory, name.getBytes(StandardCharsets.UTF_8));
    } finally {
      lock.unlock();
    }
  }

  private static <T> T read(Path file, Class<T> type) throws IOException {
    byte[] document = readBounded(file);
    try {
      return Json.read(document, type);
    } catch (IOException e) {
      throw new DamagedRecordException("record " + file + ": " + e.getMessage(), e);
    }
  }

  private static boolean isMissingOrEmpty(Path record) throws IOException {
    try {
      return Files.readAttributes(record, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isRegularFile()
          && Files.size(record) == 0;
    } catch (NoSuchFileException e) {
      return true;
    }
  }

  private static byte[] readBounded(Path file) throws IOException {
    try {
      return RegularFile.read(file, MAX_RECORD_BYTES);
    } catch (UnexpectedFileException e) {
      throw new DamagedRecordException("record " + file + ": " + e.getMessage(), e);
    }
  }
}
