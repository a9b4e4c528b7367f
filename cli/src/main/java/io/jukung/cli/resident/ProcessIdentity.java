package io.jukung.cli.resident;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a process decides which files, hosts and processes a path or a number means for it, and
 * what it may do. The resident client runs commands only for processes that equal it in all of
 * this.
 *
 * @param places the links of its namespaces and of its root directory
 * @param rights the lines of its status about users, capabilities and filters
 * @param label its label, where the kernel has a security module
 */
record ProcessIdentity(List<String> places, List<String> rights, String label) {
  private static final List<String> PLACES =
      List.of("ns/mnt", "ns/net", "ns/pid", "ns/user", "root");
  private static final List<String> RIGHTS =
      List.of("Uid:", "Gid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:");

  /**
   * Returns the identity of a process.
   *
   * @param process its directory in /proc
   */
  static ProcessIdentity of(Path process) throws IOException {
    List<String> places = new ArrayList<>();
    for (String place : PLACES) {
      places.add(Files.readSymbolicLink(process.resolve(place)).toString());
    }
    List<String> rights =
        Files.readAllLines(process.resolve("status")).stream()
            .filter(line -> RIGHTS.stream().anyMatch(line::startsWith))
            .toList();
    return new ProcessIdentity(places, rights, label(process));
  }

  private static String label(Path process) {
    try {
      return Files.readString(process.resolve("attr/current"));
    } catch (IOException e) {
      return ""; // EINVAL: the kernel has no security module with labels.
    }
  }
}
