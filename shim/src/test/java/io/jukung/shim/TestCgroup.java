package io.jukung.shim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A cgroup for a test, in the cgroup v2 hierarchy of this machine. */
record TestCgroup(Path directory) implements AutoCloseable {
  static TestCgroup create(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
      String[] fields = line.split(" ", 4);
      if (fields[2].equals("cgroup2")) {
        String unique = "jukung-test-" + ProcessHandle.current().pid() + "-" + name;
        return new TestCgroup(Files.createDirectory(Path.of(fields[1], unique)));
      }
    }
    throw new AssertionError("no cgroup v2 hierarchy is mounted");
  }

  String path() {
    return directory.toString();
  }

  boolean isEmpty() throws IOException {
    return Files.readString(directory.resolve("cgroup.events")).contains("populated 0");
  }

  @Override
  public void close() throws Exception {
    Files.writeString(directory.resolve("cgroup.kill"), "1");
    RunningShim.await("the cgroup is empty", this::isEmpty);
    Files.delete(directory);
  }
}
