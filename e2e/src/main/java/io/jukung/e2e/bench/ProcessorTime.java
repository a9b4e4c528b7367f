package io.jukung.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads how much processor time a cgroup has used, with all cgroups below it and all processes that
 * have ended there. A cgroup of version 1 has cpuacct.usage, one of version 2 has cpu.stat.
 */
final class ProcessorTime {
  private ProcessorTime() {}

  static double millis(Path cgroup) throws IOException {
    Path accounting = cgroup.resolve("cpuacct.usage");
    if (Files.exists(accounting)) {
      return Long.parseLong(Files.readString(accounting).strip()) / 1e6;
    }
    Path statistics = cgroup.resolve("cpu.stat");
    for (String line : Files.readAllLines(statistics)) {
      if (line.startsWith("usage_usec ")) {
        return Long.parseLong(line.substring("usage_usec ".length()).strip()) / 1e3;
      }
    }
    throw new IOException(statistics + " has no line usage_usec");
  }
}
