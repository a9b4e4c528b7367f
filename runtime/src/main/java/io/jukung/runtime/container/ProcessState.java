package io.jukung.runtime.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Describes what a process is doing, for error texts (proc_pid_stat(5)). */
final class ProcessState {
  private ProcessState() {}

  static String describe(int pid) {
    String stat;
    try {
      stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
    } catch (IOException e) {
      return "gone, but not reaped by its shim";
    }
    int name = stat.lastIndexOf(") ");
    char state = name < 0 || name + 2 >= stat.length() ? '?' : stat.charAt(name + 2);
    return switch (state) {
      case 'D' -> "in uninterruptible sleep (D), waiting for a device or file system";
      case 'Z' -> "a zombie (Z)";
      case 'T', 't' -> "stopped (" + state + ")";
      default -> "in state " + state;
    };
  }
}
