package io.jukung.runtime.network.cni;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.runtime.call.Clock;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of all attachments, one file {@code NETWORK-CONTAINER-INTERFACE} each. The directory
 * is that of libcni, so that other users of the directory who collect garbage know our attachments.
 * The files are not synced: a record that a power cut takes is replaced by what the sandbox's own
 * record says.
 */
public final class AttachmentRecords {
  private static final Logger LOG = LoggerFactory.getLogger(AttachmentRecords.class);

  /** The limit of a record: a configuration and a result of 1 MiB each, and some names. */
  private static final int MAX_BYTES = 4 << 20;

  private final Path directory;

  public AttachmentRecords(Path cacheDirectory) {
    this.directory = cacheDirectory.resolve("results");
  }

  public void write(AttachmentRecord record) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    AtomicFile.replace(file(record), record.toBytes());
  }

  /** Deletes what an earlier daemon was writing when it was killed. To be called at the start. */
  public void removeUnfinished() throws IOException {
    for (Path file : files("")) {
      if (isUnfinished(file)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static boolean isUnfinished(Path file) {
    return AtomicFile.isTemporary(String.valueOf(file.getFileName()));
  }

  public void remove(AttachmentRecord record) throws IOException {
    Files.deleteIfExists(file(record));
  }

  /** The attachments of a container. A record that cannot be read is logged and deleted. */
  public List<AttachmentRecord> of(String containerId) throws IOException {
    List<AttachmentRecord> records = new ArrayList<>();
    for (Path file : list("-" + containerId + "-")) {
      try {
        read(file)
            .filter(record -> record.attachment().containerId().equals(containerId))
            .ifPresent(records::add);
      } catch (IOException e) {
        LOG.warn("record of a CNI attachment is unreadable, deleted: {}: {}", file, e.getMessage());
        Files.deleteIfExists(file);
      }
    }
    return records;
  }

  /**
   * The attachments of all containers, other runtimes' included. A record that cannot be read may
   * belong to another runtime, and is kept.
   */
  public List<AttachmentRecord> all() throws IOException {
    List<AttachmentRecord> records = new ArrayList<>();
    for (Path file : list("")) {
      try {
        read(file).ifPresent(records::add);
      } catch (IOException e) {
        LOG.warn("record of a CNI attachment is unreadable: {}: {}", file, e.getMessage());
        deleteIfCut(file);
      }
    }
    return records;
  }

  /** Deletes what a power cut has left without its content, whoever has written it. */
  private static void deleteIfCut(Path file) throws IOException {
    try {
      if (Files.size(file) == 0
          && Files.getLastModifiedTime(file).toInstant().isBefore(Clock.bootTime())) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      LOG.debug("{} is deleted already", file);
    }
  }

  /** The files of records. An unfinished one beside them is no attachment. */
  private List<Path> list(String namePart) throws IOException {
    return files(namePart).stream().filter(file -> !isUnfinished(file)).toList();
  }

  private List<Path> files(String namePart) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, file -> String.valueOf(file.getFileName()).contains(namePart))) {
      files.forEach(found::add);
    } catch (NoSuchFileException e) {
      return List.of(); // the first attachment makes the directory
    }
    return found;
  }

  /** Reads a record; empty if the file was deleted since it was listed. */
  private static Optional<AttachmentRecord> read(Path file) throws IOException {
    try {
      return Optional.of(AttachmentRecord.parse(RegularFile.read(file, MAX_BYTES)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private Path file(AttachmentRecord record) {
    return directory.resolve(
        record.network().name()
            + "-"
            + record.attachment().containerId()
            + "-"
            + record.attachment().interfaceName());
  }
}
