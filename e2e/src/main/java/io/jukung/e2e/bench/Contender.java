package io.jukung.e2e.bench;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.e2e.client.CriClient;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One runtime that is measured: how it is started, reached and accounted. */
final class Contender implements AutoCloseable {
  static final String SYNTAX =
      "NAME=SOCKET[,start=PROGRAM][,cgroup=DIRECTORY][,parent=CGROUP][,image=REFERENCE]";

  /** Longer than any daemon takes to start or to stop. */
  private static final Duration BOUND = Duration.ofSeconds(60);

  private static final Duration STOP_BOUND = Duration.ofSeconds(30);
  private static final long REPEAT_MILLIS = 1;
  private static final Set<String> KEYS = Set.of("start", "cgroup", "parent", "image");

  private final String name;
  private final Path socket;
  private final Map<String, String> settings;
  private @Nullable Process daemon;
  private @Nullable Endpoint endpoint;

  private Contender(String name, Path socket, Map<String, String> settings) {
    this.name = name;
    this.socket = socket;
    this.settings = settings;
  }

  /**
   * Parses {@value #SYNTAX}.
   *
   * <p>PROGRAM starts the daemon, as the process that it is itself started as. DIRECTORY is the
   * cgroup of the daemon and of all that it starts. CGROUP is the parent of the pods' cgroups in
   * requests. REFERENCE is the image of its containers.
   *
   * @param image the image if the text has none
   */
  static Contender parse(String text, String image) {
    String[] parts = text.split(",", -1);
    String[] nameAndSocket = parts[0].split("=", 2);
    if (nameAndSocket.length != 2 || nameAndSocket[0].isEmpty() || nameAndSocket[1].isEmpty()) {
      throw new IllegalArgumentException("endpoint \"" + text + "\" is not of the form " + SYNTAX);
    }
    Map<String, String> settings = new HashMap<>();
    settings.put("image", image);
    for (int i = 1; i < parts.length; i++) {
      String[] setting = parts[i].split("=", 2);
      if (setting.length != 2 || !KEYS.contains(setting[0])) {
        throw new IllegalArgumentException(
            "endpoint \"%s\": \"%s\" is not of the form %s".formatted(text, parts[i], SYNTAX));
      }
      settings.put(setting[0], setting[1]);
    }
    String path = nameAndSocket[1].replaceFirst("^unix://", "");
    return new Contender(nameAndSocket[0], Path.of(path), settings);
  }

  String name() {
    return name;
  }

  /** The image of its containers. */
  String image() {
    return settings.getOrDefault("image", "");
  }

  /** Whether this program starts and stops the daemon. */
  boolean isStartable() {
    return settings.containsKey("start");
  }

  /** The cgroup of the daemon and of all that it starts, if it is known. */
  Optional<Path> cgroup() {
    return Optional.ofNullable(settings.get("cgroup")).map(Path::of);
  }

  /** What the map has for this runtime. */
  <T> T valueIn(Map<Contender, T> values) {
    T value = values.get(this);
    if (value == null) {
      throw new IllegalStateException("there is nothing of " + name);
    }
    return value;
  }

  Endpoint endpoint() {
    if (endpoint == null) {
      throw new IllegalStateException(name + " is not connected");
    }
    return endpoint;
  }

  /** Connects to a daemon that runs already, or starts it and waits until it is ready. */
  void start() throws IOException, InterruptedException {
    String program = settings.get("start");
    long pid = 0;
    if (program != null) {
      Process process = new ProcessBuilder(program).inheritIO().start();
      daemon = process;
      pid = process.pid();
      awaitSocket(process);
    }
    Endpoint connected =
        new Endpoint(name, CriClient.of(socket), pid, settings.getOrDefault("parent", ""));
    endpoint = connected;
    if (program != null) {
      awaitReady(connected);
    }
  }

  /** Waits until the daemon accepts connections: a gRPC channel would pause between its tries. */
  private void awaitSocket(Process process) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(socket));
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - start > BOUND.toNanos()) {
          throw new IOException(name + " does not listen at " + socket, e);
        }
      }
      Thread.sleep(REPEAT_MILLIS);
    }
  }

  private static void awaitReady(Endpoint endpoint) throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try {
        if (endpoint.isReady()) {
          return;
        }
      } catch (StatusRuntimeException e) {
        // containerd answers so while it starts: UNKNOWN "server is not initialized yet".
        boolean mayBeStarting =
            e.getStatus().getCode() == Status.Code.UNAVAILABLE
                || e.getStatus().getCode() == Status.Code.UNKNOWN;
        if (!mayBeStarting || System.nanoTime() - start > BOUND.toNanos()) {
          throw e;
        }
      }
      if (System.nanoTime() - start > BOUND.toNanos()) {
        throw new IllegalStateException(endpoint.name() + " does not become ready");
      }
      Thread.sleep(REPEAT_MILLIS);
    }
  }

  /** Disconnects, and ends the daemon if this program has started it. */
  void stop() throws IOException, InterruptedException {
    if (endpoint != null) {
      endpoint.client().close();
      endpoint = null;
    }
    Process process = daemon;
    if (process != null) {
      daemon = null;
      process.destroy();
      if (!process.waitFor(STOP_BOUND.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new IOException(name + " does not end within " + STOP_BOUND);
      }
    }
  }

  /** Like {@link #stop}, after a failure too: an open client would keep this process alive. */
  @Override
  public void close() throws IOException {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + name + " ended", e);
    }
  }
}
