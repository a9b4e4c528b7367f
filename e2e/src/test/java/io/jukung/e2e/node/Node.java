package io.jukung.e2e.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Mount, network, pid, IPC and UTS namespaces in which a daemon can act as if it owned a machine.
 *
 * <p>The init of the namespaces ends when its pipe to this JVM closes, and the kernel then kills
 * everything in the pid namespace. A killed test run leaves only an empty cgroup and a directory,
 * which the next run removes. The directory is shared with the host, so that tests can reach the
 * sockets and logs in it.
 */
public final class Node implements AutoCloseable {
  private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(2);
  private static final String PREFIX = "jukung-e2e-";

  private final String name;
  private final Path directory;
  private final Process process;
  private final long initPid;

  private Node(String name, Path directory, Process process, long initPid) {
    this.name = name;
    this.directory = directory;
    this.process = process;
    this.initPid = initPid;
  }

  public static Node start() throws IOException, InterruptedException {
    removeLeftovers();
    Path directory = Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-");
    String name = directory.getFileName().toString();
    Path script = directory.resolve("node-init");
    try (InputStream source = Node.class.getResourceAsStream("/node-init")) {
      if (source == null) {
        throw new IOException("the resource node-init is missing");
      }
      Files.copy(source, script);
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "--net",
                "--pid",
                "--ipc",
                "--uts",
                "--fork",
                "--kill-child=KILL",
                "--propagation=private",
                "bash",
                script.toString()));
    if (cgroupDriver().equals("systemd")) {
      // jukung sends pids to systemd, which would not know those of another pid namespace.
      command.remove("--pid");
      command.addAll(List.of("dbus", "systemd"));
    }
    Process process =
        new ProcessBuilder(command).redirectError(directory.resolve("node.err").toFile()).start();
    String first;
    try (var reader = new BufferedReader(process.inputReader(StandardCharsets.UTF_8), 16)) {
      // Init writes one line, the pid, and closes its standard output.
      first = reader.readLine();
    }
    if (first == null) {
      process.waitFor(10, TimeUnit.SECONDS);
      throw new IOException(
          "the namespaces of the node were not created (are you root?): "
              + Files.readString(directory.resolve("node.err")));
    }
    return new Node(name, directory, process, Long.parseLong(first.strip()));
  }

  /** The name of the node's directory and cgroup. It contains the pid of the test run. */
  public String name() {
    return name;
  }

  public Path directory() {
    return directory;
  }

  /** The pid of the node's init on the host. */
  public long initPid() {
    return initPid;
  }

  /**
   * The command line that runs {@code command} inside the node. The client leaves no resident
   * client behind there, unless the command removes the variable.
   */
  public List<String> inside(List<String> command) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--target=" + initPid,
                "--mount",
                "--net",
                "--pid",
                "--ipc",
                "--uts",
                "--wd=" + directory,
                "--",
                "env",
                "--default-signal", // what the tests ignore, as under nohup(1), is not ignored
                "JUKUNG_CLIENT_SERVER=off"));
    line.addAll(command);
    return line;
  }

  /** Runs a command inside the node and waits for its end. */
  public CommandResult run(String... command) throws IOException, InterruptedException {
    return run(List.of(command));
  }

  public CommandResult run(List<String> command) throws IOException, InterruptedException {
    return run(command, "");
  }

  public CommandResult run(List<String> command, String stdin)
      throws IOException, InterruptedException {
    Process running = new ProcessBuilder(inside(command)).start();
    CompletableFuture<String> stdout = drain(running.getInputStream());
    CompletableFuture<String> stderr = drain(running.getErrorStream());
    try (var input = running.getOutputStream()) {
      input.write(stdin.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // A command that does not read its input may have ended already.
      if (stdin.length() > 0) {
        throw e;
      }
    }
    if (!running.waitFor(COMMAND_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
      running.destroyForcibly();
      throw new AssertionError("still running after " + COMMAND_TIMEOUT + ": " + command);
    }
    return new CommandResult(running.exitValue(), stdout.join(), stderr.join());
  }

  private static CompletableFuture<String> drain(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    // A read of a pipe that a process keeps open would hold the thread that carries virtual
    // threads.
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException e) {
                text.completeExceptionally(e);
              }
            });
    return text;
  }

  /** The cgroup v2 mount of this machine. */
  public static Path cgroupMount() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines
          .filter(line -> line.contains(" - cgroup2 "))
          .map(line -> Path.of(line.split(" ", -1)[4]))
          .findFirst()
          .orElseThrow(() -> new IOException("no cgroup v2 mount"));
    }
  }

  /** The cgroup driver to test with: systemd only in the test node that systemd has booted. */
  public static String cgroupDriver() {
    return System.getProperty("e2e.cgroup-driver", "cgroupfs");
  }

  /** Whether the cgroup v2 hierarchy has the controllers to enforce limits. */
  public static boolean hasControllers() throws IOException {
    return Files.readString(cgroupMount().resolve("cgroup.controllers")).contains("memory");
  }

  /** The cgroup in which the daemon under test must create all of its own. */
  public Path cgroup() throws IOException {
    return cgroupMount().resolve(name);
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    removeCgroup(cgroup());
    deleteTree(directory);
  }

  private static void removeLeftovers() throws IOException {
    for (Path parent : List.of(Path.of(System.getProperty("java.io.tmpdir")), cgroupMount())) {
      List<Path> left;
      try (Stream<Path> entries = Files.list(parent)) {
        left = entries.filter(Node::isLeftover).toList();
      }
      for (Path path : left) {
        if (parent.equals(cgroupMount())) {
          removeCgroup(path);
        } else {
          deleteTree(path);
        }
      }
    }
  }

  private static boolean isLeftover(Path path) {
    String name = path.getFileName().toString();
    if (!name.startsWith(PREFIX)) {
      return false;
    }
    String owner = name.substring(PREFIX.length()).split("-", 2)[0];
    return owner.chars().allMatch(Character::isDigit) && !Files.exists(Path.of("/proc", owner));
  }

  private static void removeCgroup(Path cgroup) throws IOException {
    if (!Files.exists(cgroup)) {
      return;
    }
    List<Path> directories;
    try (Stream<Path> tree = Files.walk(cgroup)) {
      directories = tree.filter(Files::isDirectory).toList();
    }
    for (Path directory : directories.reversed()) {
      // Killed processes keep their cgroup busy until they are reaped.
      for (int attempt = 0; !directory.toFile().delete() && attempt < 100; attempt++) {
        try {
          TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  private static void deleteTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure) {
            try {
              Files.delete(directory);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
