package io.jukung.e2e.node;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Everything that a runtime could leave behind on a node, with the number of occurrences: mounts,
 * cgroups, network links, packet filters, leased addresses, processes, and the daemon's files and
 * descriptors. IDs and numbers are replaced by placeholders, so that one spare shim equals another.
 *
 * @param daemonPid the process whose descriptors were counted
 */
public record Snapshot(long daemonPid, TreeMap<String, Integer> things) {
  /**
   * What the daemon opens and closes by itself: the selector of the JDK's HTTP client has event
   * descriptors, and now and then the daemon reads its own mappings to give back idle pages.
   */
  private static final Pattern PASSING =
      Pattern.compile("anon_inode:\\[(eventpoll|eventfd)]|/proc/[0-9]+/smaps");

  private static final String DESCRIPTOR = "descriptor ";

  /** The daemon keeps the device filters that it used last (DeviceFilter in linux). */
  private static final String FILTER = "anon_inode:bpf-prog";

  private static final int KEPT_FILTERS = 4;
  private static final String CONNECTION = DESCRIPTOR + "unix socket";

  /** Of a pipe, for example. A number of eight digits would look like an ID. */
  private static final Pattern INODE = Pattern.compile("\\[[0-9]+]");

  private static final Pattern ID = Pattern.compile("[0-9a-f]{8,64}");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  /** Takes a snapshot. The daemon must be running. */
  public static Snapshot of(Node node, Daemon daemon) throws IOException, InterruptedException {
    TreeMap<String, Integer> things = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("/proc/" + node.initPid() + "/mountinfo"))) {
      String[] fields = line.split(" ", -1);
      count(things, "mount " + fields[4] + line.substring(line.indexOf(" - ")));
    }
    for (String line : node.run("ip", "-oneline", "link").orThrow().lines().toList()) {
      count(things, "link " + line.split(" ", -1)[1].replaceFirst("@.*", ""));
    }
    for (String line : node.run("nft", "list", "tables").stdout().lines().toList()) {
      if (line.contains("jukung-")) {
        count(things, line);
      }
    }
    String processes =
        "for p in /proc/[0-9]*; do"
            + " tr '\\0' ' ' <$p/cmdline 2>/dev/null | cut -c 1-120; echo; done";
    for (String line : node.run("sh", "-c", processes).orThrow().lines().toList()) {
      if (!line.isBlank() && !line.startsWith("sh -c for p") && !line.startsWith("nsenter")) {
        count(things, "process " + line.strip());
      }
    }
    for (Path cgroup : List.of(node.cgroup())) {
      tree(things, "cgroup ", cgroup, true);
    }
    tree(things, "state ", daemon.state(), false);
    tree(things, "ipam ", daemon.directory().resolve("ipam/e2e"), false);
    tree(things, "record ", daemon.root().resolve("sandboxes"), false);
    tree(things, "record ", daemon.root().resolve("containers"), false);
    tree(things, "record ", daemon.root().resolve("networks"), false);
    descriptors(things, node, daemon);
    return new Snapshot(daemon.pid(), things);
  }

  private static void descriptors(TreeMap<String, Integer> things, Node node, Daemon daemon)
      throws IOException, InterruptedException {
    String script =
        "readlink /proc/%d/fd/*; cat /proc/%d/net/unix".formatted(daemon.pid(), daemon.pid());
    List<String> lines = node.run("sh", "-c", script).stdout().lines().toList();
    List<String> unixInodes =
        lines.stream()
            .filter(line -> line.matches("[0-9a-f]{16}: .*"))
            .map(line -> line.split("\\s+", -1)[6])
            .toList();
    int filters = 0;
    for (String line : lines) {
      if (line.matches("[0-9a-f]{16}: .*|Num +RefCount.*")) {
        continue;
      }
      if (line.equals(FILTER) && ++filters <= KEPT_FILTERS) {
        continue;
      }
      if (line.startsWith("socket:[")) {
        String inode = line.substring("socket:[".length(), line.length() - 1);
        // Only unix sockets count: connections to a registry are kept open for reuse.
        if (unixInodes.contains(inode)) {
          count(things, CONNECTION);
        }
      } else if (!PASSING.matcher(line).matches()) {
        count(things, DESCRIPTOR + line);
      }
    }
  }

  private static void tree(
      TreeMap<String, Integer> things, String kind, Path root, boolean directoriesOnly)
      throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    FileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            count(things, kind + root.relativize(directory));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!directoriesOnly) {
              count(things, kind + root.relativize(file));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE; // removed after it was listed
          }
        };
    Files.walkFileTree(root, visitor);
  }

  private static void count(TreeMap<String, Integer> things, String thing) {
    String blanked = INODE.matcher(thing).replaceAll("[N]");
    blanked = ID.matcher(blanked).replaceAll("ID");
    blanked = NUMBER.matcher(blanked).replaceAll("N");
    things.merge(blanked, 1, Integer::sum);
  }

  /** What was added or removed since the other snapshot; empty if nothing changed. */
  public List<String> differencesFrom(Snapshot before) {
    List<String> differences = new ArrayList<>();
    Stream.concat(things.keySet().stream(), before.things.keySet().stream())
        .distinct()
        .sorted()
        .forEach(
            thing -> {
              int now = things.getOrDefault(thing, 0);
              int then = before.things.getOrDefault(thing, 0);
              if (now > then || (now < then && !mayBecomeFewer(thing, before))) {
                differences.add("%s: %d before, %d now".formatted(thing, then, now));
              }
            });
    return differences;
  }

  /**
   * Whether fewer of something are no fault: connections end when their clients do, which may be
   * after the first snapshot, and a daemon that was started again has opened less than one that has
   * worked for long.
   */
  private boolean mayBecomeFewer(String thing, Snapshot before) {
    return thing.equals(CONNECTION)
        || (thing.startsWith(DESCRIPTOR) && daemonPid != before.daemonPid);
  }
}
