package io.jukung.runtime.store;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Reads and writes the records on disk. Every file is replaced as a whole, so that a daemon that is
 * killed leaves either the old content or the new one. {@code sandbox.json} is also flushed to the
 * disk before the call that makes it returns: an address that a network plugin hands out survives a
 * power cut and must not outlive its record. The other files describe processes, which a power cut
 * ends anyway. They are left to the kernel's write-back; a file that a power cut damaged is set
 * aside at the next start.
 *
 * <p>Methods that read throw {@link DamagedRecordException} if the content is no valid record.
 */
public final class StateFiles {
  /** Larger than any record can be: etcd refuses pods of more than 1.5 MiB. */
  private static final long MAX_RECORD_BYTES = 16 << 20;

  private final StatePaths paths;

  public StateFiles(StatePaths paths) {
    this.paths = paths;
  }

  public StatePaths paths() {
    return paths;
  }

  /** Makes the sandbox's directory and its first record. Both are flushed to the disk on return. */
  public void createSandbox(SandboxRecord record) throws IOException {
    StatePaths.createPrivate(paths.sandbox(record.id()));
    AtomicFile.write(paths.sandboxRecord(record.id()), Json.write(record));
    AtomicFile.sync(paths.sandboxes());
  }

  /**
   * Writes a later record of the sandbox, in a file beside the first record: a rename that replaces
   * a file makes ext4 write the file out at once, and the step to READY is on every pod's path.
   */
  public void writeSandbox(SandboxRecord record) throws IOException {
    AtomicFile.replace(paths.sandboxStatus(record.id()), Json.write(record));
  }

  /** Reads the latest record of the sandbox. */
  public SandboxRecord readSandbox(String id) throws IOException {
    try {
      return read(paths.sandboxStatus(id), SandboxRecord.class);
    } catch (NoSuchFileException e) {
      return read(paths.sandboxRecord(id), SandboxRecord.class);
    }
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
    AtomicFile.replace(paths.containerRecord(record.id()), Json.write(record));
  }

  public void writeContainer(ContainerRecord record) throws IOException {
    AtomicFile.replace(paths.containerRecord(record.id()), Json.write(record));
  }

  public ContainerRecord readContainer(String id) throws IOException {
    return read(paths.containerRecord(id), ContainerRecord.class);
  }

  public byte[] readSpec(String id) throws IOException {
    return readBounded(paths.containerSpec(id));
  }

  public void writeStatus(String id, ContainerStatusRecord status) throws IOException {
    AtomicFile.replace(paths.containerStatus(id), Json.write(status));
  }

  /** Reads the status of the container, which is CREATED if there is no status.json. */
  public ContainerStatusRecord readStatus(String id) throws IOException {
    try {
      return read(paths.containerStatus(id), ContainerStatusRecord.class);
    } catch (NoSuchFileException e) {
      return ContainerStatusRecord.created();
    }
  }

  /** Reads what the shim wrote when the container ended; empty if there is no exit.json. */
  public Optional<ExitRecord> readExit(String id) throws IOException {
    try {
      return Optional.of(read(paths.containerExit(id), ExitRecord.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Deletes the container's directory, including its writable layer. */
  public void deleteContainer(String id) throws IOException {
    discard(paths.container(id));
  }

  /** Deletes the sandbox's volatile directory. Nothing may be mounted in it. */
  public void deleteSandboxState(String id) throws IOException {
    removeTree(paths.sandboxState(id));
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

  /** Finishes deletions that an earlier daemon began. */
  public void emptyTrash() throws IOException {
    emptyTrash("");
  }

  /** Moves the object to the trash first, so that a crash never leaves half of an object. */
  private void discard(Path object) throws IOException {
    String name = String.valueOf(object.getFileName());
    Path trashed = paths.trash().resolve(name + "-" + System.nanoTime());
    try {
      Files.move(object, trashed, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // An earlier attempt moved the object, and perhaps did not delete all of it.
    }
    emptyTrash(name);
  }

  /** Deletes the trash whose names begin with the prefix. */
  private void emptyTrash(String prefix) throws IOException {
    List<String> names = list(paths.trash());
    // A deletion moves directories aside under longer names, and fails if those names are taken.
    names.sort(Comparator.comparingInt(String::length).reversed());
    for (String name : names) {
      if (name.startsWith(prefix)) {
        removeTree(paths.trash().resolve(name));
      }
    }
  }

  private static void removeTree(Path tree) throws IOException {
    Path parent = tree.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return;
    }
    try (Fd directory = HostFile.openDirectory(parent)) {
      TreeRemoval.remove(
          directory, String.valueOf(tree.getFileName()).getBytes(StandardCharsets.UTF_8));
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

  private static byte[] readBounded(Path file) throws IOException {
    if (Files.size(file) > MAX_RECORD_BYTES) {
      throw new DamagedRecordException(
          "record " + file + ": more than " + MAX_RECORD_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }
}
