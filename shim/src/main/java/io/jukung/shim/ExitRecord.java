package io.jukung.shim;

import io.jukung.linux.fs.AtomicFile;
import io.jukung.shim.v1.ContainerExited;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The file that records a container's exit, for a daemon that was not connected when the container
 * ended.
 */
final class ExitRecord {
  static final String FILE_NAME = "exit.json";
  private static final int VERSION = 1;

  private ExitRecord() {}

  /** Writes the record. It is on disk when this method returns. */
  static void write(String directory, ContainerExited exit) throws IOException {
    String json =
        "{\"version\":"
            + VERSION
            + ",\"exitCode\":"
            + exit.getExitCode()
            + ",\"finishedAt\":"
            + exit.getFinishedAt()
            + ",\"oomKilled\":"
            + exit.getOomKilled()
            + (exit.getOomKilled() ? memory(exit) : "")
            + "}\n";
    AtomicFile.write(Path.of(directory, FILE_NAME), json.getBytes(StandardCharsets.US_ASCII));
  }

  private static String memory(ContainerExited exit) {
    return ",\"memoryPeak\":" + exit.getMemoryPeak() + ",\"memoryLimit\":" + exit.getMemoryLimit();
  }
}
