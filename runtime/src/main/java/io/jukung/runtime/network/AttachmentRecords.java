package io.jukung.runtime.network;

import io.jukung.linux.fs.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of all attachments: a file {@code NETWORK-CONTAINER-INTERFACE} each, in the directory
 * that libcni uses too, so that whoever collects a network's garbage there knows ours. Left to the
 * kernel's write-back: a record that a power cut takes is replaced by what the sandbox's own says.
 */
final class AttachmentRecords {
  private static final Logger LOG = LoggerFactory.getLogger(AttachmentRecords.class);

  private final Path directory;

  AttachmentRecords(Path cacheDirectory) {
    this.directory = cacheDirectory.resolve("results");
  }

  void write(AttachmentRecord record) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    AtomicFile.replace(file(record), record.toBytes());
  }

  void remove(AttachmentRecord record) throws IOException {
    Files.deleteIfExists(file(record));
  }

  /** The container's attachments. A record that cannot be read is logged and deleted. */
  List<AttachmentRecord> of(String containerId) throws IOException {
    List<AttachmentRecord> records = new ArrayList<>();
    String part = "-" + containerId + "-";
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, file -> String.valueOf(file.getFileName()).contains(part))) {
      for (Path file : files) {
        read(file, containerId, records);
      }
    } catch (NoSuchFileException e) {
      return List.of(); // there was no attachment yet
    }
    return records;
  }

  private static void read(Path file, String containerId, List<AttachmentRecord> records)
      throws IOException {
    AttachmentRecord record;
    try {
      record = AttachmentRecord.parse(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return; // removed since the listing
    } catch (IOException e) {
      LOG.warn("record of a CNI attachment is unreadable, deleted: {}: {}", file, e.getMessage());
      Files.deleteIfExists(file);
      return;
    }
    if (record.attachment().containerId().equals(containerId)) {
      records.add(record);
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
