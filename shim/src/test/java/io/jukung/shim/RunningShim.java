package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.Keeper;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.SignalContainer;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.Started;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real shim process, with the daemon's end of the protocol. */
final class RunningShim implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  final Path socketPath;
  final Path errorLog;
  private final Process process;
  private Connection daemon;

  private RunningShim(Path socketPath, Path errorLog, Process process) throws Exception {
    this.socketPath = socketPath;
    this.errorLog = errorLog;
    this.process = process;
    await("the shim listens, or ends", () -> Files.exists(socketPath) || !process.isAlive());
    this.daemon = connect(socketPath);
  }

  /**
   * @param prefix a command that starts the shim's command
   */
  static RunningShim start(Path directory, String... prefix) throws Exception {
    return start(Main.class, directory, List.of(), List.of(), prefix);
  }

  /**
   * Starts a shim that sleeps, and makes it the one of a pod.
   *
   * @param options for its JVM
   */
  static RunningShim startSleepy(
      Path directory, Duration sleepAfter, List<String> options, String... prefix)
      throws Exception {
    RunningShim shim =
        start(
            Main.class,
            directory,
            options,
            List.of("--sleep-after", Long.toString(sleepAfter.toMillis())),
            prefix);
    Adopt.Builder request =
        Adopt.newBuilder().setSandboxId("s1").setSocketPath(shim.socketPath.toString());
    assertThat(shim.daemon.call(ToShim.newBuilder().setAdopt(request)).hasDone()).isTrue();
    return shim;
  }

  /** Whether the process is the keeper that a sleeping shim executes, from its execve(2) on. */
  boolean isAsleep() throws IOException {
    Path process = Path.of("/proc/" + pid());
    try {
      return Files.readSymbolicLink(process.resolve("exe")).toString().contains(Keeper.IMAGE_NAME)
          && !Files.readString(process.resolve("cmdline")).isEmpty();
    } catch (NoSuchFileException e) {
      return false; // within execve(2) a process has no executable for a moment
    }
  }

  /** Waits until the keeper waits too: its first steps open and close a descriptor. */
  void awaitAsleep() throws Exception {
    await("the shim sleeps", () -> isAsleep() && isInSystemCall(Syscall.EPOLL_PWAIT));
  }

  private boolean isInSystemCall(Syscall call) throws IOException {
    // "running", or the number of the system call and its arguments (proc_pid_syscall(5))
    return Files.readString(Path.of("/proc/" + pid() + "/syscall")).startsWith(call.number() + " ");
  }

  /** Starts a {@link FaultyShim}. */
  static RunningShim startFaulty(Path directory) throws Exception {
    return start(FaultyShim.class, directory, List.of(), List.of());
  }

  private static RunningShim start(
      Class<?> main, Path directory, List<String> options, List<String> arguments, String... prefix)
      throws Exception {
    Path socket = directory.resolve("shim.sock");
    Path log = directory.resolve("shim.log");
    // A shim survives its daemon on purpose, and shall not survive a test run that is killed.
    List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
    command.addAll(List.of(prefix));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-Xint",
            "-Xmx16m"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    command.addAll(List.of("--socket", socket.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      return new RunningShim(socket, log, process);
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw new AssertionError(Files.readString(log), e);
    }
  }

  /** Opens another connection, which replaces the previous one. */
  Connection connect(Path path) throws Exception {
    List<UnixSocket> connected = new ArrayList<>();
    await(
        "connection to " + path,
        () -> {
          connected.add(UnixSocket.connect(path));
          return true;
        });
    return new Connection(connected.getLast());
  }

  Connection daemon() {
    return daemon;
  }

  void reconnect(Path path) throws Exception {
    daemon.close();
    daemon = connect(path);
  }

  /** Returns a request with a state directory and a log file beside the socket. */
  StartContainer.Builder request(String id, LaunchPlan.Builder plan) throws IOException {
    Path directory = errorLog.resolveSibling(id);
    return StartContainer.newBuilder()
        .setContainerId(id)
        .setPlan(plan)
        .setStateDirectory(Files.createDirectories(directory).toString())
        .setLogPath(errorLog.resolveSibling(id + ".log").toString());
  }

  Reply call(StartContainer.Builder request) throws Exception {
    return daemon.call(ToShim.newBuilder().setStartContainer(request));
  }

  /** Starts a container, which must succeed. */
  Started start(String id, LaunchPlan.Builder plan) throws Exception {
    return start(request(id, plan));
  }

  Started start(StartContainer.Builder request) throws Exception {
    Reply reply = call(request);
    assertThat(reply.hasStarted()).as(reply.getFailure()::getMessage).isTrue();
    return reply.getStarted();
  }

  Reply signal(String id, int signal) throws Exception {
    SignalContainer.Builder request =
        SignalContainer.newBuilder().setContainerId(id).setSignal(signal);
    return daemon.call(ToShim.newBuilder().setSignalContainer(request));
  }

  /** Returns the next event, which must be the exit of a container. */
  ContainerExited exit() throws Exception {
    FromShim event = daemon.event();
    assertThat(event.hasContainerExited()).isTrue();
    return event.getContainerExited();
  }

  List<ContainerProcess> list() throws Exception {
    return daemon
        .call(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()))
        .getProcesses()
        .getContainersList();
  }

  int pid() {
    return (int) process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int exitCode() throws InterruptedException {
    process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return process.exitValue();
  }

  long descriptors() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      return entries.count();
    }
  }

  List<ProcessHandle> children() {
    return process.toHandle().children().toList();
  }

  @Override
  public void close() throws Exception {
    daemon.close();
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly().waitFor();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /** A condition that may become true later. */
  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Exception last = null;
      try {
        if (condition.holds()) {
          return;
        }
      } catch (IOException e) {
        last = e;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited for: " + what, last);
      }
      Thread.sleep(5);
    }
  }

  /** One connection to the shim. */
  static final class Connection implements AutoCloseable {
    private final UnixSocket socket;
    private final Memory buffer = Memory.allocate(64 * 1024);
    private final Deque<FromShim> events = new ArrayDeque<>();
    private byte[] input = new byte[0];
    private long lastId;

    Connection(UnixSocket socket) {
      this.socket = socket;
    }

    /** Sends a request and waits for its reply; events that come before it are kept. */
    Reply call(ToShim.Builder request, Fd... descriptors) throws Exception {
      long id = send(request, descriptors);
      while (true) {
        FromShim message = receive();
        if (message.hasReply() && message.getReply().getId() == id) {
          return message.getReply();
        }
        events.add(message);
      }
    }

    long send(ToShim.Builder request, Fd... descriptors) throws Exception {
      long id = ++lastId;
      byte[] body = request.setId(id).build().toByteArray();
      sendRaw(
          ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array(), descriptors);
      return id;
    }

    void sendRaw(byte[] bytes, Fd... descriptors) throws Exception {
      List<Fd> beside = List.of(descriptors);
      int done = 0;
      while (done < bytes.length) {
        int length = Math.min(buffer.size(), bytes.length - done);
        buffer.put(0, bytes, done, length);
        int count = socket.send(buffer, 0, length, beside);
        if (count == Transfer.WOULD_BLOCK) {
          if (Readiness.await(socket.fd(), Epoll.OUT, PATIENCE.toMillis()) == 0) {
            throw new AssertionError("the shim does not read");
          }
        } else if (count < 0) {
          throw new IOException("send: errno " + -count);
        } else {
          done += count;
          beside = List.of();
        }
      }
    }

    /** Returns the next event, or a reply that no call waits for. */
    FromShim event() throws Exception {
      FromShim kept = events.poll();
      return kept == null ? receive() : kept;
    }

    /** Whether no message comes within this time. */
    boolean isSilent(Duration time) throws Exception {
      return events.isEmpty() && Readiness.await(socket.fd(), Epoll.IN, time.toMillis()) == 0;
    }

    /** Whether the shim closes the connection within the time limit. */
    boolean isClosedByShim() throws Exception {
      while (Readiness.await(socket.fd(), Epoll.IN, PATIENCE.toMillis()) != 0) {
        int count = socket.receive(buffer, 0, buffer.size(), new ArrayList<>());
        if (count <= 0) {
          return true;
        }
      }
      return false;
    }

    private FromShim receive() throws Exception {
      while (true) {
        if (input.length >= 4) {
          int length = ByteBuffer.wrap(input).getInt();
          if (input.length >= 4 + length) {
            FromShim message = FromShim.parseFrom(Arrays.copyOfRange(input, 4, 4 + length));
            input = Arrays.copyOfRange(input, 4 + length, input.length);
            return message;
          }
        }
        if (Readiness.await(socket.fd(), Epoll.IN, PATIENCE.toMillis()) == 0) {
          throw new AssertionError("the shim did not answer");
        }
        int count = socket.receive(buffer, 0, buffer.size(), new ArrayList<>());
        if (count <= 0) {
          throw new IOException("the shim closed the connection: " + count);
        }
        int before = input.length;
        input = Arrays.copyOf(input, before + count);
        buffer.get(0, input, before, count);
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
