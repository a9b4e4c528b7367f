package io.jukung.e2e.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads proportional set sizes from {@code /proc/<pid>/smaps_rollup} (proc_pid_smaps(5)). A page
 * that several processes share counts for each of them by its part, so sizes can be added up.
 */
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

  /**
   * Adds up all processes of a cgroup and of those below it.
   *
   * @param workload the command line of the containers, whose processes are counted and not added
   */
  static Sizes inCgroup(Path cgroup, long daemonPid, List<String> workload) throws IOException {
    String workloadLine = String.join("\0", workload) + "\0";
    double daemon = 0;
    double others = 0;
    int workloads = 0;
    for (long pid : processes(cgroup)) {
      Path process = PROC.resolve(Long.toString(pid));
      try {
        String commandLine =
            new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1);
        if (commandLine.equals(workloadLine)) {
          workloads++;
        } else if (pid == daemonPid) {
          daemon = pssMebibytes(pid);
        } else {
          others += pssMebibytes(pid);
        }
      } catch (IOException e) {
        if (Files.exists(process)) {
          throw e;
        }
        // The process has ended since it was listed.
      }
    }
    return new Sizes(daemon, others, workloads);
  }

  /**
   * The memory of the runtimes whose cgroup is known and whose daemon this program has started.
   *
   * @param workloads the number of containers that each of them has
   */
  static Map<Contender, Sizes> of(List<Contender> contenders, int workloads) throws IOException {
    Map<Contender, Sizes> sizes = new HashMap<>();
    for (Contender contender : contenders) {
      if (contender.isStartable() && contender.cgroup().isPresent()) {
        Sizes own =
            inCgroup(contender.cgroup().get(), contender.endpoint().daemonPid(), Endpoint.WORKLOAD);
        if (own.workloads() != workloads) {
          throw new IllegalStateException(
              "%s has %d of %d containers in its cgroup, so its memory cannot be told"
                  .formatted(contender.name(), own.workloads(), workloads));
        }
        sizes.put(contender, own);
      }
    }
    return sizes;
  }

  private static Set<Long> processes(Path cgroup) throws IOException {
    List<Path> directories;
    try (Stream<Path> tree = Files.walk(cgroup)) {
      directories = tree.filter(Files::isDirectory).toList();
    }
    Set<Long> pids = new TreeSet<>();
    for (Path directory : directories) {
      try {
        for (String line : Files.readAllLines(directory.resolve("cgroup.procs"))) {
          pids.add(Long.parseLong(line));
        }
      } catch (NoSuchFileException e) {
        // The cgroup was removed since it was listed.
      }
    }
    if (pids.contains(0L)) {
      throw new IOException(cgroup + " has processes of another pid namespace");
    }
    return pids;
  }

  /**
   * The memory of a runtime.
   *
   * @param daemonMebibytes the daemon's
   * @param otherMebibytes that of all other processes but the containers' own
   * @param workloads the number of the containers' own processes
   */
  record Sizes(double daemonMebibytes, double otherMebibytes, int workloads) {
    double totalMebibytes() {
      return daemonMebibytes + otherMebibytes;
    }
  }
}
