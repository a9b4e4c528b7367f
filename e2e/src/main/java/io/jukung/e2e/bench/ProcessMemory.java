package io.jukung.e2e.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads proportional set sizes from {@code /proc/<pid>/smaps_rollup} (proc_pid_smaps(5)). */
final class ProcessMemory {
  private static final Path PROC = Path.of("/proc");

  private ProcessMemory() {}

  static double pssMebibytes(long pid) throws IOException {
    for (String line : Files.readAllLines(PROC.resolve(pid + "/smaps_rollup"))) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IOException("smaps_rollup of process " + pid + " has no line Pss");
  }

  /** The number and the total size of all processes whose command line contains the mark. */
  static Shims shims(String mark) throws IOException {
    List<Double> sizes = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        try {
          String commandLine =
              new String(
                  Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1);
          long pid = Long.parseLong(process.getFileName().toString());
          if (commandLine.contains(mark) && pid != ProcessHandle.current().pid()) {
            sizes.add(pssMebibytes(pid));
          }
        } catch (NoSuchFileException e) {
          // The process has ended.
        }
      }
    }
    return new Shims(sizes.size(), sizes.stream().mapToDouble(Double::doubleValue).sum());
  }

  /** The number and the total size of per-pod processes. */
  record Shims(int count, double totalMebibytes) {}
}
