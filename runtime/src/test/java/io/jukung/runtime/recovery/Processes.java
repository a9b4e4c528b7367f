package io.jukung.runtime.recovery;

import io.jukung.linux.cgroup.Cgroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Real processes in the cgroups of containers whose shims are fakes. */
final class Processes implements AutoCloseable {
  private final List<Process> running = new ArrayList<>();

  void in(Cgroup cgroup) throws IOException {
    cgroup.attach(start());
  }

  /** Starts a process that is in no container yet, and returns its pid. */
  int start() throws IOException {
    Process process = new ProcessBuilder("sleep", "1000").start();
    running.add(process);
    return (int) process.pid();
  }

  @Override
  public void close() throws InterruptedException {
    for (Process process : running) {
      process.destroyForcibly().waitFor();
    }
  }
}
