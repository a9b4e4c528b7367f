package io.jukung.e2e.node;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.e2e.client.CriClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The runtime under test: {@code jukung serve} of the installation in {@code dist/target}, or the
 * program named by the system property {@code e2e.daemon}.
 */
public final class Daemon implements AutoCloseable {
  /** The value of {@code shim.spare} in the default configuration. */
  private static final int SPARE_SHIMS = 2;

  private static final Duration START_BOUND = Duration.ofSeconds(60);

  private final Node node;
  private final Path directory;
  private final Map<String, String> environment;
  private @Nullable Process process;
  private long pid;
  private int leastSpares = SPARE_SHIMS;
  private int mostSpares = SPARE_SHIMS;
  private List<String> prefix = List.of();
  private @Nullable Path installation;

  private Daemon(Node node, Path directory, Map<String, String> environment) {
    this.node = node;
    this.directory = directory;
    this.environment = environment;
  }

  /** Prepares a daemon that keeps all its files in {@code node.directory()/name}. */
  public static Daemon in(Node node, String name) throws IOException {
    return in(node, name, Map.of());
  }

  /**
   * Prepares a daemon that keeps all its files in {@code node.directory()/name}.
   *
   * @param environment additional environment variables
   */
  public static Daemon in(Node node, String name, Map<String, String> environment)
      throws IOException {
    Path directory = Files.createDirectory(node.directory().resolve(name));
    Files.createDirectories(directory.resolve("cni"));
    Daemon daemon = new Daemon(node, directory, environment);
    daemon.writeConfig("");
    return daemon;
  }

  public Path directory() {
    return directory;
  }

  public Path root() {
    return directory.resolve("root");
  }

  public Path state() {
    return directory.resolve("state");
  }

  public Path socket() {
    return state().resolve("jukung.sock");
  }

  public Path cniConfiguration() {
    return directory.resolve("cni");
  }

  /** The directory in which the daemon looks for CNI plugins first. For plugins of a test. */
  public Path cniPlugins() {
    return directory.resolve("cni-plugins");
  }

  public Path config() {
    return directory.resolve("config.toml");
  }

  public Path logFile() {
    return directory.resolve("daemon.log");
  }

  /**
   * Writes the configuration, with paths and a cgroup of the daemon's own.
   *
   * @param more additional keys or tables
   */
  public void writeConfig(String more) throws IOException {
    leastSpares = number("spare", more);
    mostSpares = number("max_spare", more);
    Files.writeString(
        config(),
        """
        root = "%s"
        state = "%s"
        socket = "%s"
        %s
        %s
        [cni]
        conf_dir = "%s"
        bin_dirs = ["%s", "/opt/cni/bin", "/usr/lib/cni"]
        cache_dir = "%s"
        [cdi]
        spec_dirs = ["%s/cdi"]
        hook_dirs = ["%s/hooks"]
        [cgroup]
        root = "/%s/%s"
        missing_controller = "%s"
        driver = "%s"
        """
            .formatted(
                root(),
                state(),
                socket(),
                more,
                // The number of shims must not depend on what was before, or they look left behind.
                more.contains("[shim]") ? "" : "[shim]\nmax_spare = " + SPARE_SHIMS,
                cniConfiguration(),
                cniPlugins(),
                directory.resolve("cni-cache"),
                directory,
                directory,
                node.name(),
                directory.getFileName(),
                Node.hasControllers() ? "error" : "ignore",
                Node.cgroupDriver()));
  }

  private static int number(String key, String configuration) {
    Matcher value = Pattern.compile("(?m)^" + key + " = ([0-9]+)$").matcher(configuration);
    return value.find() ? Integer.parseInt(value.group(1)) : SPARE_SHIMS;
  }

  /** Configures a bridge network in which pods get addresses of 10.88.0.0/16. */
  public void writeBridgeNetwork() throws IOException {
    writeNetwork("10-bridge", "");
  }

  /**
   * Writes a configuration file of the bridge network.
   *
   * @param morePlugins additional plugins as JSON objects, each after a comma
   */
  public void writeNetwork(String fileName, String morePlugins) throws IOException {
    Files.writeString(
        cniConfiguration().resolve(fileName + ".conflist"),
        """
        {"cniVersion": "1.0.0", "name": "e2e", "plugins": [
          {"type": "bridge", "bridge": "e2e0", "isGateway": true, "ipMasq": false,
           "hairpinMode": true,
           "ipam": {"type": "host-local", "dataDir": "%s",
             "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "capabilities": {"portMappings": true}}%s
        ]}
        """
            .formatted(directory.resolve("ipam"), morePlugins));
  }

  /** The command line of the program under test. */
  private List<String> commandLine() {
    String other = System.getProperty("e2e.daemon", "");
    if (!other.isEmpty()) {
      return List.of(other);
    }
    Path from = installation == null ? dist() : installation;
    return List.of(from.resolve("bin/jukung").toString(), "serve", "--config", config().toString());
  }

  /** Whether another runtime than jukung is under test. */
  public static boolean isForeign() {
    return !System.getProperty("e2e.daemon", "").isEmpty();
  }

  public static Path dist() {
    Path dist = Path.of(System.getProperty("e2e.dist")).toAbsolutePath().normalize();
    if (!Files.isExecutable(dist.resolve("bin/jukung"))) {
      throw new IllegalStateException(
          "no installation at " + dist + ": ./mvnw package -pl dist -am");
    }
    return dist;
  }

  /** From the next start on, this command starts the program: {@code taskset}, for example. */
  public void startBy(String... command) {
    prefix = List.of(command);
  }

  /** From the next start on, the program is that of another installation, as after an upgrade. */
  public void installFrom(Path directory) {
    installation = directory;
  }

  /** Starts the program without waiting until it serves. */
  public void launch() throws IOException {
    // The shell writes down its pid in the node's pid namespace, then becomes the daemon.
    Path pidFile = directory.resolve("daemon.pid");
    Files.deleteIfExists(pidFile);
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ >\"$0.new\"; mv \"$0.new\" \"$0\"; exec \"$@\"",
                pidFile.toString()));
    line.addAll(prefix);
    line.addAll(commandLine());
    ProcessBuilder builder =
        new ProcessBuilder(node.inside(line))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
    builder.environment().put("CRI_SOCKET", socket().toString());
    builder.environment().put("CRI_ROOT", root().toString());
    builder.environment().put("CRI_STATE", state().toString());
    builder.environment().put("CRI_CNI_CONF", cniConfiguration().toString());
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** Starts the program and waits until it answers calls. */
  public void start() throws Exception {
    launch();
    Await.until(
        "the daemon serves",
        START_BOUND,
        () -> {
          if (!isAlive()) {
            throw new AssertionError("the daemon ended: " + log());
          }
          if (!Files.exists(socket())) {
            return false;
          }
          try (CriClient client = CriClient.of(socket())) {
            client.runtime(Duration.ofSeconds(5)).version(VersionRequest.getDefaultInstance());
            return true;
          } catch (StatusRuntimeException e) {
            return false; // the daemon does not answer yet
          }
        });
    pid = Long.parseLong(Files.readString(directory.resolve("daemon.pid")).strip());
  }

  /** Waits for the end of the program and returns its exit code. */
  public int awaitExit() throws InterruptedException {
    Process started = process;
    if (started == null) {
      throw new IllegalStateException("the daemon was never launched");
    }
    if (!started.waitFor(START_BOUND.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError(
          "the daemon still runs after " + START_BOUND.toSeconds() + " s: pid " + started.pid());
    }
    return started.exitValue();
  }

  /**
   * Whether as many spare shims wait for a pod as the configuration asks for, and none is starting,
   * rehearsing a launch (which has a directory ".state") or ending.
   */
  boolean hasItsSpareShims() throws IOException {
    Path spares = state().resolve("spares");
    if (!Files.exists(spares)) {
      return leastSpares == 0;
    }
    try (Stream<Path> entries = Files.list(spares)) {
      List<String> names = entries.map(Path::toString).toList();
      long sockets = names.stream().filter(name -> name.endsWith(".sock")).count();
      return sockets >= leastSpares
          && sockets <= mostSpares
          && names.size() == 2 * sockets
          && names.stream().noneMatch(name -> name.endsWith(".state"));
    }
  }

  /** The daemon's pid in the node's pid namespace. */
  public long pid() {
    return pid;
  }

  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  public String log() throws IOException {
    return Files.exists(logFile()) ? Files.readString(logFile(), StandardCharsets.UTF_8) : "";
  }

  /** Ends the daemon by SIGKILL, like a crash or the OOM killer. */
  public void kill() throws IOException, InterruptedException {
    signal("KILL");
    // The socket on which the JVM answered jcmd: the next daemon with this pid could not be asked.
    Files.deleteIfExists(Path.of("/tmp/.java_pid" + pid));
  }

  /** Ends the daemon by SIGTERM, as systemd does. */
  public void terminate() throws IOException, InterruptedException {
    signal("TERM");
  }

  private void signal(String name) throws IOException, InterruptedException {
    node.run("kill", "-" + name, Long.toString(pid)).orThrow();
    awaitExit();
  }

  @Override
  public void close() throws IOException {
    if (isAlive()) {
      try {
        terminate();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
