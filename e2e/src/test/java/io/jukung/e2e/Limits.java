package io.jukung.e2e;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Makes containers with limits, and reads the limits that the kernel enforces. */
final class Limits {
  /** A command that allocates 100 MB of memory and writes to all of it. */
  static final String HUNGRY = "exec dd if=/dev/zero of=/dev/null bs=100M count=1";

  private Limits() {}

  static ContainerConfig container(
      Testbed testbed, Pod pod, String name, LinuxContainerResources limits, String script) {
    ContainerConfig.Builder config =
        Requests.container(pod.config(), name, testbed.busybox(), List.of("sh", "-c", script));
    config.getLinuxBuilder().setResources(limits);
    return config.build();
  }

  /** The cgroup whose name is the id of a container or a sandbox. */
  static Path cgroup(String id) throws IOException {
    try (Stream<Path> tree = Files.walk(Node.cgroupMount())) {
      return tree.filter(path -> path.endsWith(id)).findFirst().orElseThrow();
    }
  }

  static String read(Path cgroup, String file) throws IOException {
    return Files.readString(cgroup.resolve(file)).strip();
  }

  /** The value of a key in a flat keyed file such as memory.events. */
  static long keyed(Path cgroup, String file, String key) throws IOException {
    return read(cgroup, file)
        .lines()
        .filter(line -> line.startsWith(key + " "))
        .mapToLong(line -> Long.parseLong(line.substring(key.length() + 1)))
        .findFirst()
        .orElseThrow();
  }
}
