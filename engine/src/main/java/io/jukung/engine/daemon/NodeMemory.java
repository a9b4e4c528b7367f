package io.jukung.engine.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of the node. */
public final class NodeMemory {
  private NodeMemory() {}

  /** How much there is in bytes, see proc_meminfo(5). */
  public static long bytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("/proc/meminfo has no MemTotal");
  }
}
