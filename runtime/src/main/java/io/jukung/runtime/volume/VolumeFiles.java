package io.jukung.runtime.volume;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of volumes. A volume exists once its {@code volume.json} does, and ends when its
 * directory is moved to the trash.
 *
 * <pre>
 * root/volumes/ID/volume.json
 * root/volumes/ID/data                what containers mount
 * root/volumes/ID/{filling,filled}    a copy of an image's content, see {@link VolumeContent}
 * </pre>
 */
final class VolumeFiles {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeFiles.class);

  /** Docker makes its volumes so; the directory above is for root only. */
  private static final int DATA_MODE = 0755;

  /** Larger than any record: gRPC refuses larger requests. */
  private static final int MAX_RECORD_BYTES = 16 << 20;

  private static final String RECORD = "volume.json";

  private final StateFiles files;

  VolumeFiles(StateFiles files) {
    this.files = files;
  }

  Path directory(String id) {
    return files.paths().volumes().resolve(id);
  }

  Path data(String id) {
    return directory(id).resolve(VolumeContent.DATA);
  }

  /** Makes the directory of a volume. On return it is on the disk. */
  void create(VolumeRecord record) throws IOException {
    Path directory = directory(record.id());
    StatePaths.createPrivate(directory);
    try (Fd opened = HostFile.openDirectory(directory)) {
      DirectoryEntry.makeDirectory(
          opened, VolumeContent.DATA.getBytes(StandardCharsets.UTF_8), DATA_MODE);
    }
    AtomicFile.write(directory.resolve(RECORD), Json.write(record));
    AtomicFile.sync(files.paths().volumes());
  }

  /** Removes the volume with its content. Nothing may be mounted in it. */
  void delete(String id) throws IOException {
    files.discard(directory(id));
  }

  /**
   * Reads the records, and undoes creations that a daemon has not completed. A damaged record is
   * set aside: its volume is not listed any more, and its content stays. Copies that are not
   * complete stay for {@link VolumeContent#finish}.
   */
  List<VolumeRecord> load() throws IOException {
    List<VolumeRecord> records = new ArrayList<>();
    List<String> unfinished = new ArrayList<>();
    for (String id : StateFiles.list(files.paths().volumes())) {
      if (!ObjectId.isValid(id)) {
        continue; // not made by the daemon
      }
      try {
        read(id).ifPresentOrElse(records::add, () -> unfinished.add(id));
      } catch (IOException e) {
        LOG.error("volume {}: {}", id, e.getMessage());
      }
    }
    unfinished.forEach(this::tryToDelete);
    return records;
  }

  private void tryToDelete(String id) {
    try {
      deleteUnfinished(id);
    } catch (IOException e) {
      LOG.error("volume {} has no record, and what is left of it stays: {}", id, e.getMessage());
    }
  }

  /** Empty if the volume has no record. */
  private Optional<VolumeRecord> read(String id) throws IOException {
    Path file = directory(id).resolve(RECORD);
    byte[] document;
    try {
      document = RegularFile.read(file, MAX_RECORD_BYTES);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    try {
      VolumeRecord record = Json.read(document, VolumeRecord.class);
      if (!id.equals(record.id()) || record.version() != VolumeRecord.VERSION) {
        throw new IOException("it is of version " + record.version() + " of " + record.id());
      }
      return Optional.of(record);
    } catch (IOException e) {
      Path aside = StateFiles.setAside(file, System.currentTimeMillis());
      throw new IOException(
          "record " + file + " is damaged and was set aside as " + aside + ": " + e.getMessage(),
          e);
    }
  }

  /** A volume has content only after it has a record, so what has content is kept. */
  private void deleteUnfinished(String id) throws IOException {
    for (String left : StateFiles.list(directory(id))) {
      if (StateFiles.isSetAside(left)) {
        return; // a damaged record, for a person to look at
      }
    }
    try {
      Files.deleteIfExists(data(id));
    } catch (DirectoryNotEmptyException e) {
      LOG.error("volume {} has no record, and its content in {} is kept", id, data(id));
      return;
    }
    delete(id);
  }
}
