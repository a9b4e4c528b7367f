package io.jukung.e2e.cluster;

import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program that runs inside a node until it is stopped, or until the node ends. */
final class NodeProgram {
  private final Node node;
  private final String name;
  private final Path log;
  private final List<String> command;
  private @Nullable Process process;

  /**
   * @param name the name of the log and of the file with the pid, in the node's directory
   */
  NodeProgram(Node node, String name, List<String> command) {
    this.node = node;
    this.name = name;
    this.log = node.directory().resolve(name + ".log");
    this.command = command;
  }

  void start() throws IOException {
    // The shell writes down its pid in the node's pid namespace, then becomes the program.
    List<String> line = new ArrayList<>(List.of("sh", "-c", "echo $$ >\"$0\"; exec \"$@\""));
    line.add(pidFile().toString());
    line.addAll(command);
    process =
        new ProcessBuilder(node.inside(line))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
  }

  private Path pidFile() {
    return node.directory().resolve(name + ".pid");
  }

  /** Fails with the end of the log if the program has ended. */
  void requireAlive() throws IOException {
    if (process == null || !process.isAlive()) {
      throw new AssertionError(name + " has ended:\n" + tail());
    }
  }

  /** The last lines of the log. */
  String tail() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** Ends the program by a signal and waits for its end. */
  void stop(String signal) throws IOException, InterruptedException {
    Process running = process;
    if (running == null || !running.isAlive()) {
      return;
    }
    node.run("kill", "-" + signal, Files.readString(pidFile()).strip()).orThrow();
    if (!running.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError(name + " still runs 60 s after SIG" + signal);
    }
  }
}
