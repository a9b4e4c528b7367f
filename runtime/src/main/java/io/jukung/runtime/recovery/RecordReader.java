package io.jukung.runtime.recovery;

import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;

/**
 * Reads the records of an earlier daemon. A disk may take any time for a read. Tests have a reader
 * that waits.
 */
public interface RecordReader {
  /** Reads as {@link StateFiles#readSandbox}. */
  SandboxRecord sandbox(String id) throws IOException;

  /** Reads as {@link StateFiles#readContainer}. */
  ContainerRecord container(String id) throws IOException;

  /** Reads as {@link StateFiles#readStatus}. */
  ContainerStatusRecord status(String containerId) throws IOException;

  /** Reads from the disk. */
  static RecordReader of(StateFiles files) {
    return new RecordReader() {
      @Override
      public SandboxRecord sandbox(String id) throws IOException {
        return files.readSandbox(id);
      }

      @Override
      public ContainerRecord container(String id) throws IOException {
        return files.readContainer(id);
      }

      @Override
      public ContainerStatusRecord status(String containerId) throws IOException {
        return files.readStatus(containerId);
      }
    };
  }
}
