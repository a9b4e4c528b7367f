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
 * The records on disk. Every file is replaced as a whole, so that a daemon that is killed leaves
 * the old content or the new. {@code sandbox.json} is also on the disk itself before a call returns
 * that makes it, because an address that a network plugin hands out survives a power cut and must
 * not outlive its record. The others describe processes, which a power cut ends anyway: they are
 * left to the kernel's write-back, and one that it tore is set aside at the next start.
 */
public final class StateFiles {
  /** Far beyond any record of ours: etcd refuses pods of more than 1.5 MiB. */
  private static final long MAX_RECORD_BYTES = 16 << 20;

  private final StatePaths paths;

  public StateFiles(StatePaths paths) {
    this.paths = paths;
  }

  public StatePaths paths() {
    return paths;
  }

  /** Makes the sandbox's directory and its first record, both on disk at return. */
  public void createSandbox(SandboxRecord record) throws IOException {
    StatePaths.createPrivate(paths.sandbox(record.id()));
    AtomicFile.write(paths.sandboxRecord(record.id()), Json.write(record));
    AtomicFile.sync(paths.sandboxes());
  }

  /**
   * Writes what has become of it. Not over the first record: a rename that replaces a file makes
   * ext4 write it out at once, and the step to READY is on every pod's path.
   */
  public void writeSandbox(SandboxRecord record) throws IOException {
    AtomicFile.replace(paths.sandboxStatus(record.id()), Json.write(record));
  }

  /** The latest record. */
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
   * Makes the records of a container that is CREATED in its directory, which exists; container.json
   * last.
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

  /** Without status.json it is CREATED. */
  public ContainerStatusRecord readStatus(String id) throws IOException {
    try {
      return read(paths.containerStatus(id), ContainerStatusRecord.class);
    } catch (NoSuchFileException e) {
      return ContainerStatusRecord.created();
    }
  }

  /** What the shim has written at the container's end. */
  public Optional<ExitRecord> readExit(String id) throws IOException {
    try {
      return Optional.of(read(paths.containerExit(id), ExitRecord.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Deletes the container's directory, with its writable layer. */
  public void deleteContainer(String id) throws IOException {
    discard(paths.container(id));
  }

  /** Deletes what of the sandbox lives in the volatile part. Nothing may be mounted there. */
  public void deleteSandboxState(String id) throws IOException {
    removeTree(paths.sandboxState(id));
  }

  /** The names of the objects in a directory of {@link StatePaths}. */
  public static List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        names.add(String.valueOf(entry.getFileName()));
      }
    }
    return names;
  }

  /** Takes an object that cannot be read out of the way, keeping it for a person to look at. */
  public static Path setAside(Path object, long at) throws IOException {
    Path aside = object.resolveSibling(object.getFileName() + ".corrupt-" + at);
    return Files.move(object, aside, StandardCopyOption.ATOMIC_MOVE);
  }

  public static boolean isSetAside(String name) {
    return name.contains(".corrupt-");
  }

  /** Finishes the deletions that an earlier daemon began. */
  public void emptyTrash() throws IOException {
    emptyTrash("");
  }

  /** One rename takes the object away; a crash while its files are deleted leaves only trash. */
  private void discard(Path object) throws IOException {
    String name = String.valueOf(object.getFileName());
    Path trashed = paths.trash().resolve(name + "-" + System.nanoTime());
    try {
      Files.move(object, trashed, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // Taken away before, but perhaps not deleted to the end.
    }
    emptyTrash(name);
  }

  /** Deletes the trash of one object, or all. */
  private void emptyTrash(String prefix) throws IOException {
    List<String> names = list(paths.trash());
    // A deletion moves directories aside under longer names, and cannot where those are taken.
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
