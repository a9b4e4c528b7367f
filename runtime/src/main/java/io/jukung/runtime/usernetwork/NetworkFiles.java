package io.jukung.runtime.usernetwork;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of networks. A network exists once its {@code network.json} does, and ends when its
 * directory is moved to the trash.
 *
 * <pre>
 * root/networks/ID/network.json
 * state/networks/ID/…              the addresses that host-local has given out
 * </pre>
 */
final class NetworkFiles {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkFiles.class);

  /** Larger than any record: gRPC refuses larger requests. */
  private static final int MAX_RECORD_BYTES = 16 << 20;

  private static final String RECORD = "network.json";

  private final StateFiles files;

  NetworkFiles(StateFiles files) {
    this.files = files;
  }

  private Path directory(String id) {
    return files.paths().networks().resolve(id);
  }

  /** Where the addresses of a network are kept that it has given out. */
  Path addresses(String id) {
    return files.paths().networkStates().resolve(id);
  }

  /** Records a new network. On return it is on the disk. */
  void create(NetworkRecord record) throws IOException {
    StatePaths.createPrivate(directory(record.id()));
    write(record);
    AtomicFile.sync(files.paths().networks());
  }

  void write(NetworkRecord record) throws IOException {
    AtomicFile.write(directory(record.id()).resolve(RECORD), Json.write(record));
  }

  /** Deletes the record, and what the network has kept. */
  void delete(String id) throws IOException {
    for (String each : StateFiles.list(files.paths().networkStates())) {
      if (each.startsWith(id)) { // also what an interrupted deletion has moved aside
        files.deleteNetworkState(each);
      }
    }
    files.discard(directory(id));
  }

  /**
   * Reads the records, and undoes creations that a daemon has not completed. A damaged record is
   * set aside: its network is not listed any more.
   */
  List<NetworkRecord> load() throws IOException {
    List<NetworkRecord> records = new ArrayList<>();
    for (String id : StateFiles.list(files.paths().networks())) {
      if (!ObjectId.isValid(id)) {
        continue; // not made by the daemon
      }
      try {
        records.add(read(id));
      } catch (NoSuchFileException e) {
        deleteUnfinished(id);
      } catch (IOException e) {
        LOG.error("network {}: {}", id, e.getMessage());
      }
    }
    return records;
  }

  private NetworkRecord read(String id) throws IOException {
    Path file = directory(id).resolve(RECORD);
    byte[] document = RegularFile.read(file, MAX_RECORD_BYTES);
    try {
      NetworkRecord record = Json.read(document, NetworkRecord.class);
      if (!id.equals(record.id()) || record.version() != NetworkRecord.VERSION) {
        throw new IOException("it is of version " + record.version() + " of " + record.id());
      }
      record.ranges().forEach(NetworkRecord.Range::parsed);
      return record;
    } catch (IOException | IllegalArgumentException e) {
      Path aside = StateFiles.setAside(file, System.currentTimeMillis());
      throw new IOException(
          "record " + file + " is damaged and was set aside as " + aside + ": " + e.getMessage(),
          e);
    }
  }

  private void deleteUnfinished(String id) {
    try {
      for (String left : StateFiles.list(directory(id))) {
        if (StateFiles.isSetAside(left)) {
          return; // a damaged record, for a person to look at
        }
      }
      delete(id);
    } catch (IOException e) {
      LOG.error("network {} has no record, and what is left of it stays: {}", id, e.getMessage());
    }
  }
}
