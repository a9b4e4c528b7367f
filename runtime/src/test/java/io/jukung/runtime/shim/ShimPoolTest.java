package io.jukung.runtime.shim;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.OpenDescriptors;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pool and its clients against real shim processes. Needs root. */
@Timeout(120)
class ShimPoolTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final BlockingQueue<ContainerExited> exits = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> deaths = new LinkedBlockingQueue<>();
  private final PodShim.Listener listener =
      new PodShim.Listener() {
        @Override
        public void containerExited(String sandboxId, ContainerExited exit) {
          exits.add(exit);
        }

        @Override
        public void logLeftOut(String containerId, long bytes) {}

        @Override
        public void shimDied(String sandboxId) {
          deaths.add(sandboxId);
        }
      };
  private Path spares;
  private ShimPool pool;

  @BeforeEach
  void open() throws Exception {
    spares = Files.createDirectory(directory.resolve("spares"));
    pool = open(1);
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    for (long pid : shims()) {
      ProcessHandle.of(pid).ifPresent(ShimPoolTest::destroyTree);
    }
  }

  private static void destroyTree(ProcessHandle process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
  }

  private ShimPool open(int count) throws IOException {
    return open(count, command());
  }

  private ShimPool open(int count, List<String> command) throws IOException {
    return ShimPool.open(
        new ShimPool.Settings(command, spares, count, count, null, null),
        listener,
        DescriptorLoop.start("shims"));
  }

  private static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-XX:+UseSerialGC",
        "-Xint",
        "-Xmx16m",
        "-cp",
        System.getProperty("java.class.path"),
        "io.jukung.shim.Main");
  }

  @Test
  void spareIsStartedAheadAndReplacedAfterItsAdoption() throws Exception {
    await("a spare", () -> sockets() == 1);
    ShimClient shim = adopt("s1");
    assertThat(directory.resolve("s1/shim.sock")).exists();
    assertThat(directory.resolve("s1/shim.log")).isEmptyFile();
    await("the next spare", () -> sockets() == 1);
    assertThat(shims()).hasSize(2).contains((long) shim.shimPid());
  }

  @Test
  void adoptionWithoutASpareStartsAShim() throws Exception {
    List<Integer> pids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      pids.add(adopt("s" + i).shimPid());
    }
    assertThat(pids).doesNotHaveDuplicates();
  }

  @Test
  void shimHasItsOwnSessionAndInheritsNothingOfTheDaemon() throws Exception {
    int pid = adopt("s1").shimPid();
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
    assertThat(fields.get(3)).as("session").isEqualTo(Integer.toString(pid));
    String environment = Files.readString(Path.of("/proc/" + pid + "/environ"));
    assertThat(environment.split("\0")).hasSize(2);
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd"))).isEqualTo(spares);
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/0"))).hasToString("/dev/null");
  }

  @Test
  void interruptedThreadThatDestroysAShimWaitsForItsEnd() throws Exception {
    ShimClient shim = adopt("s1");
    Thread.currentThread().interrupt();
    shim.destroy();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(shim.isAlive()).isFalse();
  }

  @Test
  void exitOfAContainerIsReported() throws Exception {
    ShimClient shim = adopt("s1");
    PodShim.Started started = shim.start(container("c1", "sleep 0.2; exit 4"));
    assertThat(started.pid()).isPositive();
    assertThat(shim.list().getFirst().getPid()).isEqualTo(started.pid());
    ContainerExited exit = take(exits);
    assertThat(exit.getContainerId()).isEqualTo("c1");
    assertThat(exit.getExitCode()).isEqualTo(4);
    shim.remove("c1");
    assertThat(shim.list()).isEmpty();
  }

  @Test
  void refusedRequestsFailWithTheKindOfTheirFailure() throws Exception {
    ShimClient shim = adopt("s1");
    assertThatThrownBy(() -> shim.signal("c9", 15)).satisfies(e -> hasKind(e, ErrorKind.NOT_FOUND));
    shim.start(container("c1", "sleep 1000"));
    assertThatThrownBy(() -> shim.remove("c1"))
        .satisfies(e -> hasKind(e, ErrorKind.FAILED_PRECONDITION));
    assertThatThrownBy(shim::shutdown).satisfies(e -> hasKind(e, ErrorKind.FAILED_PRECONDITION));
    StartContainer broken =
        container("c2", "").toBuilder()
            .setPlan(plan(Program.empty(), List.of("/nonexistent")))
            .build();
    assertThatThrownBy(() -> shim.start(broken))
        .isInstanceOfSatisfying(
            PodShim.LaunchRefused.class,
            e -> {
              assertThat(e.failure().getPhase()).isEqualTo(Failure.Phase.CONFINE);
              assertThat(e.failure().getErrno()).isEqualTo(Errno.ENOENT);
            });
    shim.signal("c1", Signals.SIGKILL);
    assertThat(take(exits).getExitCode()).isEqualTo(137);
  }

  @Test
  void execGetsTheCallersDescriptors() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "sleep 1000"));
    try (Pipe out = Pipe.open()) {
      shim.exec(
          "e1", "c1", shell("echo hello; exit 6"), out.reader(), out.writer(), out.writer(), LONG);
      out.writer().close();
      assertThat(readAll(out.reader())).isEqualTo("hello\n");
    }
    assertThat(shim.execExit("e1").get(10, TimeUnit.SECONDS)).isEqualTo(6);
    assertThat(shim.execExit("e1")).isCompletedExceptionally();
  }

  @Test
  void deathOfAShimIsReportedAndFailsWaitingCalls() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "sleep 1000"));
    int container = shim.list().getFirst().getPid();
    try (Pipe pipe = Pipe.open()) {
      shim.exec("e1", "c1", shell("sleep 1000"), pipe.reader(), pipe.writer(), pipe.writer(), LONG);
    }
    CompletableFuture<Integer> exec = shim.execExit("e1");
    try (Pidfd process = Pidfd.open(container)) {
      kill(shim.shimPid(), Signals.SIGKILL);
      assertThat(take(deaths)).isEqualTo("s1");
      assertThatThrownBy(() -> exec.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .satisfies(e -> hasKind(e.getCause(), ErrorKind.UNAVAILABLE));
      assertThatThrownBy(shim::list).satisfies(e -> hasKind(e, ErrorKind.UNAVAILABLE));
      shim.shutdown();
      process.send(Signals.SIGKILL);
    }
    await("the shim is reaped", () -> !ProcessHandle.of(shim.shimPid()).isPresent());
    assertThat(deaths).isEmpty();
  }

  @Test
  void deadSpareIsNotAdopted() throws Exception {
    await(
        "a spare", () -> sockets() == 1 && shims().size() == 1 && isConnected(shims().getFirst()));
    kill(shims().getFirst().intValue(), Signals.SIGKILL);
    ShimClient shim = adopt("s1");
    assertThat(shim.list()).isEmpty();
    assertThat(deaths).isEmpty();
  }

  @Test
  void stuckShimDelaysNoOtherShim() throws Exception {
    ShimClient stuck = adopt("s1");
    ShimClient other = adopt("s2");
    stop(stuck.shimPid());
    try {
      CompletableFuture<Throwable> answer = new CompletableFuture<>();
      Thread.startVirtualThread(
          () -> {
            try {
              stuck.list();
              answer.complete(new AssertionError("it answered"));
            } catch (IOException | RuntimeException e) {
              answer.complete(e);
            }
          });
      for (int i = 0; i < 100; i++) {
        assertThat(other.list()).isEmpty();
      }
      assertThat(answer).isNotDone();
      hasKind(answer.get(30, TimeUnit.SECONDS), ErrorKind.DEADLINE_EXCEEDED);
    } finally {
      kill(stuck.shimPid(), 18); // SIGCONT
    }
    assertThat(stuck.list()).isEmpty();
  }

  @Test
  void interruptedStartIsCancelledAndItsContainerIsKilled() throws Exception {
    ShimClient stuck = adopt("s1");
    stop(stuck.shimPid());
    try {
      CompletableFuture<Throwable> answer = new CompletableFuture<>();
      Thread caller =
          Thread.startVirtualThread(
              () -> {
                try {
                  stuck.start(container("late", "sleep 1000"));
                } catch (IOException | RuntimeException e) {
                  answer.complete(e);
                }
              });
      await("the call waits", () -> caller.getState() == Thread.State.TIMED_WAITING);
      caller.interrupt();
      hasKind(answer.get(5, TimeUnit.SECONDS), ErrorKind.CANCELLED);
    } finally {
      kill(stuck.shimPid(), 18); // SIGCONT
    }
    // The container starts after all, and is killed.
    ContainerExited exit = take(exits);
    assertThat(exit.getContainerId()).isEqualTo("late");
    assertThat(exit.getExitCode()).isEqualTo(137);
  }

  @Test
  void nextDaemonFindsThePodsShimAndTheExitsInBetween() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "sleep 2; exit 5"));
    shim.start(container("c2", "sleep 1000"));
    pool.close();
    assertThat(ProcessHandle.of(shim.shimPid())).isPresent();
    await("c1 has ended", () -> Files.exists(directory.resolve("c1/exit.json")));
    pool = open(1);
    Path socket = directory.resolve("s1/shim.sock");
    PodShim again = pool.reconnect("s1", socket, shim.shimPid()).orElseThrow();
    assertThat(again.list()).hasSize(2);
    again.list().stream()
        .filter(each -> each.getContainerId().equals("c1"))
        .forEach(each -> assertThat(each.getExit().getExitCode()).isEqualTo(5));
    again.signal("c2", Signals.SIGKILL);
    assertThat(take(exits).getContainerId()).isEqualTo("c2");
    kill(shim.shimPid(), Signals.SIGKILL);
    assertThat(take(deaths)).isEqualTo("s1");
  }

  @Test
  void shimThatIsSilentIsTakenUpAndEndedWithItsPod() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "sleep 1000"));
    pool.close();
    stop(shim.shimPid());
    pool = open(0);
    PodShim again =
        pool.reconnect("s1", directory.resolve("s1/shim.sock"), shim.shimPid()).orElseThrow();
    assertThat(again.isAlive()).isTrue();
    again.shutdown();
    assertThat(again.isAlive()).isFalse();
    assertThat(deaths).isEmpty();
  }

  private static void stop(int pid) throws Exception {
    kill(pid, 19); // SIGSTOP
    await("the shim stands still", () -> isStopped(pid));
  }

  /** Whether all threads of a process are stopped: the signal stops them one after the other. */
  private static boolean isStopped(int pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    }
  }

  @Test
  void reconnectWithoutAShimReturnsNothing() throws Exception {
    assertThat(pool.reconnect("s1", directory.resolve("none/shim.sock"), 0))
        .isEqualTo(Optional.empty());
    ShimClient shim = adopt("s1");
    kill(shim.shimPid(), Signals.SIGKILL);
    take(deaths);
    assertThat(pool.reconnect("s1", directory.resolve("s1/shim.sock"), shim.shimPid())).isEmpty();
  }

  @Test
  void reconnectToTheShimOfAnotherSandboxIsRefused() throws Exception {
    adopt("s1");
    assertThatThrownBy(() -> pool.reconnect("s2", directory.resolve("s1/shim.sock"), 0))
        .hasMessageContaining("sandbox \"s1\", not \"s2\"");
  }

  @Test
  void sparesOfAKilledDaemonAreEnded() throws Exception {
    await("a spare", () -> sockets() == 1 && shims().size() == 1);
    long spare = shims().getFirst();
    ShimPool killed = pool;
    pool = open(0); // without the close of the first, as after a SIGKILL
    await("it is gone", () -> ProcessHandle.of(spare).isEmpty());
    await("its files are gone", () -> files().isEmpty());
    killed.close();
  }

  @Test
  void closeEndsTheSparesAndLeavesNoFile() throws Exception {
    await("a spare", () -> sockets() == 1);
    pool.close();
    await("no shim", () -> shims().isEmpty());
    // The thread of a start that was under way ends that spare, and deletes its files.
    await("no file", () -> files().isEmpty());
  }

  @Test
  void shutdownLeavesNoProcess() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "exit 0"));
    take(exits);
    shim.shutdown();
    assertThat(ProcessHandle.of(shim.shimPid())).isEmpty();
    assertThat(directory.resolve("s1/shim.sock")).doesNotExist();
    assertThat(deaths).isEmpty();
  }

  @Test
  void shimThatCannotStartNamesTheCause() throws Exception {
    try (ShimPool broken = open(0, List.of("/bin/sh", "-c", "echo no java here >&2; exit 1"))) {
      assertThatThrownBy(() -> broken.adopt("s1", directory.resolve("shim.sock")))
          .hasMessage("the shim ended at its start: no java here");
    }
    try (ShimPool missing = open(0, List.of("/nonexistent/shim"))) {
      assertThatThrownBy(() -> missing.adopt("s1", directory.resolve("shim.sock")))
          .hasMessage("start of shim /nonexistent/shim: ENOENT No such file or directory");
    }
  }

  @Test
  void shimThatIsNotLaunchedLeavesNoFile() throws Exception {
    pool.close();
    await("no shim", () -> shims().isEmpty());
    try (ShimPool missing = open(0, List.of("/nonexistent/shim"))) {
      assertThatThrownBy(() -> missing.adopt("s1", directory.resolve("shim.sock")))
          .isInstanceOf(IOException.class);
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void noMoreShimsStartAtOnceThanThereAreProcessors() throws Exception {
    Path running = Files.createDirectory(directory.resolve("running"));
    Path most = directory.resolve("most");
    String counted =
        "cd " + running + "; mkdir $$; sleep 0.3; ls | wc -l >>" + most + "; rmdir $$; exec \"$@\"";
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", counted, "sh"));
    command.addAll(command());
    pool.close();
    pool = open(0, command);
    startPods(3 * Runtime.getRuntime().availableProcessors());
    assertThat(Files.readAllLines(most).stream().mapToInt(line -> Integer.parseInt(line.strip())))
        .hasSize(3 * Runtime.getRuntime().availableProcessors())
        .allMatch(count -> count <= Runtime.getRuntime().availableProcessors());
  }

  @Test
  void sixPodsStartAtOnce() throws Exception {
    startPods(6);
    for (int i = 0; i < 6; i++) {
      assertThat(take(exits).getExitCode()).isZero();
    }
  }

  private void startPods(int count) throws Exception {
    List<CompletableFuture<Void>> pods = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String sandbox = "s" + i;
      pods.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  ShimClient shim = adopt(sandbox);
                  shim.start(container("c-" + sandbox, "exit 0"));
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              },
              task -> Thread.ofVirtual().start(task)));
    }
    CompletableFuture.allOf(pods.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
  }

  @Test
  void callsAndPodsLeakNoDescriptor() throws Exception {
    adopt("warm").shutdown();
    await("a spare", () -> sockets() == 1);
    List<String> before = OpenDescriptors.targets();
    for (int i = 0; i < 5; i++) {
      ShimClient shim = adopt("s" + i);
      for (int j = 0; j < 20; j++) {
        shim.start(container("c" + j, "exit 0"));
        take(exits);
        shim.remove("c" + j);
      }
      shim.shutdown();
      await("a spare", () -> sockets() == 1);
    }
    // A descriptor leaked by each pod would be five; the spare of now has others than that of then.
    await("no more descriptors", () -> OpenDescriptors.openedSince(before).size() < 5);
  }

  private ShimClient adopt(String sandboxId) throws IOException {
    Path state = Files.createDirectories(directory.resolve(sandboxId));
    return pool.adopt(sandboxId, state.resolve("shim.sock"));
  }

  private StartContainer container(String id, String script) throws IOException {
    Path state = Files.createDirectories(directory.resolve(id));
    return StartContainer.newBuilder()
        .setContainerId(id)
        .setStateDirectory(state.toString())
        .setLogPath(directory.resolve(id + ".log").toString())
        .setPlan(shell(script).toBuilder().setCloneFlags(CLONE_NEWPID))
        .build();
  }

  private static LaunchPlan shell(String script) {
    return plan(Program.empty(), List.of("/bin/sh", "-c", script));
  }

  private static LaunchPlan plan(Program prepare, List<String> command) {
    ProgramBuilder confine = new ProgramBuilder();
    for (int standard = 0; standard < 3; standard++) {
      confine.inherit(standard);
      confine.step("stdio", Syscall.DUP3, reg(standard), imm(standard), imm(0));
    }
    // 4 is CLOSE_RANGE_CLOEXEC: the error pipe must see the execve.
    confine.step("close the rest on exec", Syscall.CLOSE_RANGE, imm(3), imm(0xffffffffL), imm(4));
    confine.step(
        "run",
        Syscall.EXECVE,
        confine.string(command.getFirst()),
        confine.pointers("argv", command),
        confine.pointers("envp", List.of("PATH=/usr/bin:/bin")));
    return LaunchPlan.newBuilder()
        .setPrepare(ByteString.copyFrom(prepare.encode(Arch.CURRENT)))
        .setConfine(ByteString.copyFrom(confine.build().encode(Arch.CURRENT)))
        .build();
  }

  private static void hasKind(@Nullable Throwable e, ErrorKind kind) {
    assertThat(e)
        .isInstanceOfSatisfying(CriException.class, c -> assertThat(c.kind()).isEqualTo(kind));
  }

  private static void kill(int pid, int signal) throws IOException {
    try (Pidfd process = Pidfd.open(pid)) {
      process.send(signal);
    }
  }

  private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T taken = queue.poll(30, TimeUnit.SECONDS);
    assertThat(taken).isNotNull();
    return taken;
  }

  /** The shims of this test, by the directory in their command line. */
  private List<Long> shims() {
    return ProcessHandle.allProcesses()
        .filter(process -> commandLine(process).contains("--socket\0" + spares))
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Whether the shim has its listening socket and a connection: its start is complete. */
  private static boolean isConnected(long pid) throws IOException {
    return ShimFootprint.of((int) pid).descriptors().values().stream()
            .filter(target -> target.startsWith("socket:"))
            .count()
        == 2;
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(
          Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  private long sockets() throws IOException {
    return files().stream().filter(name -> name.endsWith(".sock")).count();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> entries = Files.list(spares)) {
      return entries.map(each -> String.valueOf(each.getFileName())).toList();
    }
  }

  private static String readAll(Fd fd) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[4096];
    for (int count; (count = fd.read(buffer, 0, buffer.length)) > 0; ) {
      text.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  /** A condition that may not hold yet. */
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited for: " + what);
      }
      Thread.sleep(5);
    }
  }
}
