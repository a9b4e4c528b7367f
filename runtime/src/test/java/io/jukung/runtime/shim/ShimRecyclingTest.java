package io.jukung.runtime.shim;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shims that serve one pod after another: real shim processes. Needs root. */
@Timeout(120)
class ShimRecyclingTest {
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path directory;

  private final BlockingQueue<ContainerExited> exits = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> deaths = new LinkedBlockingQueue<>();
  private final Set<Integer> pids = new TreeSet<>();
  private Path spares;
  private Cgroup rehearsals;
  private ShimPool pool;

  @BeforeEach
  void open() throws Exception {
    rehearsals = CgroupMount.find().at("/jukung-rehearsals-" + ProcessHandle.current().pid());
    rehearsals.createPlain();
    spares = Files.createDirectory(directory.resolve("spares"));
    pool = open(0, 1, null);
  }

  private ShimPool open(int count, int most, @Nullable LaunchPlan rehearsal) throws IOException {
    return open(command(), count, most, rehearsal);
  }

  private ShimPool open(List<String> command, int count, int most, @Nullable LaunchPlan plan)
      throws IOException {
    ShimPool.Rehearsal rehearsal = plan == null ? null : new ShimPool.Rehearsal(plan, rehearsals);
    return ShimPool.open(
        new ShimPool.Settings(command, spares, count, most, null, rehearsal),
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
        },
        DescriptorLoop.start("shims"));
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    for (int pid : pids) {
      ProcessHandle.of(pid).ifPresent(ShimRecyclingTest::destroy);
    }
    rehearsals.kill();
    rehearsals.remove(LONG);
  }

  private static void destroy(ProcessHandle process) {
    process.destroyForcibly();
    process.onExit().join();
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
  void shimOfARemovedPodServesTheNextPod() throws Exception {
    ShimClient first = adopt("s1");
    run(first, "c1", "exit 3");
    assertThat(pool.release(first)).isTrue();
    assertThat(directory.resolve("s1/shim.sock")).doesNotExist();
    ShimClient second = adopt("s2");
    assertThat(second.shimPid()).isEqualTo(first.shimPid());
    assertThat(second.list()).isEmpty();
    assertThat(directory.resolve("s2/shim.sock")).exists();
    assertThat(directory.resolve("s2/shim.log")).isEmptyFile();
    assertThat(run(second, "c1", "exit 4").getExitCode()).isEqualTo(4);
    assertThat(first.isAlive()).as("the first pod's client is of use").isFalse();
    assertThatThrownBy(first::list)
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    assertThat(deaths).isEmpty();
  }

  @Test
  void withoutRoomForSparesTheShimEnds() throws Exception {
    pool.close();
    pool = open(0, 0, null);
    ShimClient shim = adopt("s1");
    assertThat(pool.release(shim)).isTrue();
    assertThat(ProcessHandle.of(shim.shimPid())).isEmpty();
  }

  @Test
  void shimWithARunningContainerStaysThePods() throws Exception {
    ShimClient shim = adopt("s1");
    shim.start(container("c1", "sleep 1000"));
    assertThatThrownBy(() -> pool.release(shim))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION));
    assertThat(shim.list()).hasSize(1);
    shim.signal("c1", Signals.SIGKILL);
    assertThat(take(exits).getExitCode()).isEqualTo(137);
  }

  @Test
  void shimWithAProcessThatIsLeftEndsInstead() throws Exception {
    ShimClient shim = adopt("s1");
    // Without a pid namespace and a cgroup, a process of the container outlives the first one.
    StartContainer request =
        container("c1", "setsid sleep 1000 & echo $! >" + directory.resolve("orphan"));
    shim.start(request.toBuilder().setPlan(request.getPlan().toBuilder().setCloneFlags(0)).build());
    take(exits);
    try {
      assertThat(pool.release(shim)).isTrue();
      assertThat(ProcessHandle.of(shim.shimPid())).isEmpty();
      assertThat(adopt("s2").shimPid()).isNotEqualTo(shim.shimPid());
    } finally {
      long orphan = Long.parseLong(Files.readString(directory.resolve("orphan")).strip());
      ProcessHandle.of(orphan).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void environmentArgumentsAndOutputOfThePodAreInNoMemoryOfTheSpare() throws Exception {
    ShimClient shim = adopt("s1");
    String secret = "s3cret-" + Long.toHexString(System.nanoTime()) + "-value";
    run(shim, "c1", "echo $SECRET; exit 0", "SECRET=" + secret, "OTHER=x");
    assertThat(Files.readString(directory.resolve("c1.log"))).contains(secret);
    assertThat(pool.release(shim)).isTrue();
    assertThat(ProcessHandle.of(shim.shimPid())).as("the spare").isPresent();
    assertThat(memoryHolds(shim.shimPid(), "GarbageCollector".substring(0, 7)))
        .as("the search finds what is there")
        .isTrue();
    assertThat(memoryHolds(shim.shimPid(), secret)).isFalse();
  }

  @Test
  void recycledShimHasTheDescriptorsThreadsAndNamespacesOfAFreshOne() throws Exception {
    ShimClient shim = adopt("s1");
    ShimFootprint fresh = ShimFootprint.of(shim.shimPid());
    for (int i = 0; i < 10; i++) {
      run(shim, "c" + i, "exit 0");
    }
    pool.release(shim);
    await( // the connection of the pod's client is closed when the shim accepts the next one
        "as many descriptors as before",
        () -> ShimFootprint.of(shim.shimPid()).descriptors().size() == fresh.descriptors().size());
    ShimFootprint used = ShimFootprint.of(shim.shimPid());
    assertThat(used.namespaces()).isEqualTo(fresh.namespaces());
    assertThat(used.threads()).isEqualTo(fresh.threads());
  }

  @Test
  void shimIsReplacedAfterManyPods() throws Exception {
    Set<Integer> shims = new TreeSet<>();
    int pods = 0;
    while (shims.size() < 2) {
      assertThat(pods++).isLessThanOrEqualTo(64);
      ShimClient shim = adopt("s");
      shims.add(shim.shimPid());
      pool.release(shim);
    }
    assertThat(pods).isEqualTo(65);
  }

  @Test
  void spareHasRehearsedAndServesAPod() throws Exception {
    pool.close();
    LaunchPlan sleeper = plan(List.of("/bin/sh", "-c", "sleep 1000"), List.of());
    pool = open(1, 1, sleeper.toBuilder().setCloneFlags(CLONE_NEWPID).build());
    await("a spare", () -> sockets().equals(List.of("3")));
    ShimClient shim = adopt("s1");
    assertThat(shim.list()).isEmpty();
    assertThat(run(shim, "c1", "exit 7").getExitCode()).isEqualTo(7);
    assertThat(directory.resolve("s1/shim.log")).isEmptyFile();
  }

  @Test
  void podGetsAShimAlsoIfNoShimPassesItsRehearsal() throws Exception {
    pool.close();
    pool = open(1, 1, plan(List.of("/nonexistent"), List.of()));
    await("a spare that has not rehearsed", () -> sockets().size() == 1);
    ShimClient shim = adopt("s1");
    assertThat(run(shim, "c1", "exit 7").getExitCode()).isEqualTo(7);
    assertThat(rehearsals.children()).isEmpty();
  }

  @Test
  void rehearsalOfAKilledDaemonIsEndedWithItsProcess() throws Exception {
    ShimClient shim = pool.adopt("rehearsal", spares.resolve("left.sock"));
    pids.add(shim.shimPid());
    Files.createFile(Files.createDirectory(spares.resolve("left.sock.state")).resolve("exit.json"));
    PodShim.Started process = shim.start(container("c1", "sleep 1000"));
    pool.close(); // as after a SIGKILL, it leaves shims that were adopted
    assertThat(ProcessHandle.of(shim.shimPid())).isPresent();
    pool = open(0, 0, null);
    await("the shim is gone", () -> ProcessHandle.of(shim.shimPid()).isEmpty());
    await("its process is gone", () -> ProcessHandle.of(process.pid()).isEmpty());
    await("its files are gone", () -> spares.toFile().list().length == 0);
  }

  @Test
  void processOfARehearsalWhoseDaemonAndShimWereKilledIsEnded() throws Exception {
    pool.close();
    LaunchPlan sleeper = plan(List.of("/bin/sleep", "1000"), List.of());
    pool = open(0, 0, sleeper);
    ShimClient shim = pool.adopt("rehearsal", spares.resolve("left.sock"));
    pids.add(shim.shimPid());
    Cgroup own = rehearsals.child("left.sock");
    own.createPlain();
    shim.start(
        container("c1", "sleep 1000").toBuilder()
            .setPlan(sleeper.toBuilder().setCgroup(own.directory().toString()))
            .build());
    assertThat(own.isPopulated()).isTrue();
    pool.close(); // as after a SIGKILL, it leaves shims that were adopted
    ProcessHandle.of(shim.shimPid()).ifPresent(ShimRecyclingTest::destroy);
    assertThat(own.isPopulated()).isTrue();
    pool = open(0, 0, sleeper);
    await("the process and its cgroup are gone", () -> !own.exists());
  }

  @Test
  @Timeout(900) // a JVM at low priority for each step
  void processOfARehearsalEndsIfTheShimIsKilledAtAnyStep() throws Exception {
    String seconds = Long.toString(100_000_000 + ProcessHandle.current().pid());
    LaunchPlan sleeper =
        plan(List.of("/bin/sleep", seconds), List.of()).toBuilder()
            .setCloneFlags(CLONE_NEWPID)
            .build();
    Path failpoint = directory.resolve("failpoint");
    Path struck = directory.resolve("failpoint.struck");
    List<String> command = new ArrayList<>(command());
    command.add(1, "-Djukung.failpoint=" + failpoint);
    pool.close();
    int step = 0;
    do {
      Files.deleteIfExists(struck);
      Files.writeString(failpoint, Integer.toString(++step));
      pool = open(command, 1, 1, sleeper);
      await("a step of a shim or a spare", () -> Files.exists(struck) || sockets().contains("3"));
      await("no process of a rehearsal at step " + step, () -> processes(seconds) == 0);
      pool.close();
      assertThat(processes(seconds)).as("step " + step).isZero();
    } while (Files.exists(struck));
    assertThat(step).isGreaterThan(5);
  }

  /** How many processes of this machine have the argument. */
  private static long processes(String argument) {
    return ProcessHandle.allProcesses()
        .filter(
            each ->
                each.info().arguments().filter(all -> List.of(all).contains(argument)).isPresent())
        .count();
  }

  @Test
  void podsAndTheirShimsHaveThePriorityOfTheDaemon() throws Exception {
    pool.close();
    pool = open(1, 1, null);
    await("a spare", () -> sockets().size() == 1);
    int usual = niceOf(Path.of("/proc/thread-self/stat"));
    for (String pod : List.of("s1", "s2")) { // one gets a spare, the other waits for a start
      ShimClient shim = adopt(pod);
      PodShim.Started started = shim.start(container("c-" + pod, "sleep 1000"));
      assertThat(niceOf(Path.of("/proc/" + started.pid() + "/stat")))
          .as("container")
          .isEqualTo(usual);
      try (Stream<Path> threads = Files.list(Path.of("/proc/" + shim.shimPid() + "/task"))) {
        for (Path thread : threads.toList()) {
          int nice;
          try {
            nice = niceOf(thread.resolve("stat"));
          } catch (NoSuchFileException e) {
            continue; // the thread has ended since
          }
          assertThat(nice).as("thread of the shim").isEqualTo(usual);
        }
      }
      shim.signal("c-" + pod, Signals.SIGKILL);
      take(exits);
    }
  }

  private static int niceOf(Path stat) throws IOException {
    String text = Files.readString(stat);
    return Integer.parseInt(text.substring(text.lastIndexOf(')') + 2).split(" ", -1)[16]);
  }

  private ShimClient adopt(String sandboxId) throws IOException {
    Path state = Files.createDirectories(directory.resolve(sandboxId));
    Files.deleteIfExists(state.resolve("shim.log"));
    ShimClient shim = pool.adopt(sandboxId, state.resolve("shim.sock"));
    pids.add(shim.shimPid());
    return shim;
  }

  private ContainerExited run(ShimClient shim, String id, String script, String... environment)
      throws Exception {
    shim.start(container(id, script, environment));
    ContainerExited exit = take(exits);
    assertThat(exit.getContainerId()).isEqualTo(id);
    return exit;
  }

  private StartContainer container(String id, String script, String... environment)
      throws IOException {
    Path state = Files.createDirectories(directory.resolve(id));
    return StartContainer.newBuilder()
        .setContainerId(id)
        .setStateDirectory(state.toString())
        .setLogPath(directory.resolve(id + ".log").toString())
        .setPlan(
            plan(List.of("/bin/sh", "-c", script), List.of(environment)).toBuilder()
                .setCloneFlags(CLONE_NEWPID))
        .build();
  }

  private static LaunchPlan plan(List<String> command, List<String> environment) {
    List<String> all = new ArrayList<>(environment);
    all.add("PATH=/usr/bin:/bin");
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
        confine.pointers("envp", all));
    return LaunchPlan.newBuilder()
        .setPrepare(ByteString.copyFrom(Program.empty().encode(Arch.CURRENT)))
        .setConfine(ByteString.copyFrom(confine.build().encode(Arch.CURRENT)))
        .build();
  }

  /** Whether the bytes are anywhere in the memory that the process can write to. */
  private static boolean memoryHolds(int pid, String text) throws IOException {
    try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
        String[] fields = line.split("[ -]", 4);
        if (!fields[2].startsWith("rw")) {
          continue;
        }
        if (holds(memory, Long.parseLong(fields[0], 16), Long.parseLong(fields[1], 16), text)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean holds(RandomAccessFile memory, long start, long end, String text)
      throws IOException {
    byte[] page = new byte[1 << 20];
    String before = "";
    for (long at = start; at < end; at += page.length) {
      memory.seek(at);
      int length = memory.read(page, 0, (int) Math.min(page.length, end - at));
      if (length <= 0) {
        return false;
      }
      String part = before + new String(page, 0, length, ISO_8859_1);
      if (part.contains(text)) {
        return true;
      }
      before = part.substring(Math.max(0, part.length() - text.length()));
    }
    return false;
  }

  private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T taken = queue.poll(30, TimeUnit.SECONDS);
    assertThat(taken).isNotNull();
    return taken;
  }

  /** The numbers in the names of the spares' sockets. */
  private List<String> sockets() throws IOException {
    try (Stream<Path> entries = Files.list(spares)) {
      return entries
          .map(each -> String.valueOf(each.getFileName()))
          .filter(name -> name.endsWith(".sock"))
          .map(name -> name.substring(name.indexOf('-') + 1, name.length() - ".sock".length()))
          .toList();
    }
  }

  /** A condition that may not hold yet. */
  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited for: " + what);
      }
      Thread.sleep(5);
    }
  }
}
