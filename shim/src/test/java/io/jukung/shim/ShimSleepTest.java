package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.shim.v1.AttachContainer;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.RemoveContainer;
import io.jukung.shim.v1.ReopenLog;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.Shutdown;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real shim that sleeps and wakes. Needs root. */
@Timeout(600)
class ShimSleepTest {
  private static final Duration AFTER = Duration.ofMillis(100);

  /** How often the endurance test sleeps and wakes: {@code -Dsleep.cycles=10000} for a long run. */
  private static final int CYCLES = Integer.getInteger("sleep.cycles", 40);

  /** An idle shim that sleeps has about 20 kB, a JVM has 10 MB. */
  private static final int MOST_KILOBYTES = 200;

  /** Writes each line that a test writes to its pipe. */
  private static final String ECHO = "while read -r line; do echo \"$line\"; done";

  @TempDir Path directory;

  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.startSleepy(directory, AFTER, List.of());
  }

  @AfterEach
  void stop() throws Exception {
    shim.close();
  }

  /** A container that copies lines from a FIFO of the host to its output. */
  private final class Speaker {
    private final Path fifo;
    private final RandomAccessFile writer;

    Speaker(String id) throws Exception {
      this(id, ECHO);
    }

    /**
     * @param script reads what the test says
     */
    Speaker(String id, String script) throws Exception {
      fifo = directory.resolve(id + ".fifo");
      assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
      // A FIFO that is open for reading and writing blocks nobody who opens it.
      writer = new RandomAccessFile(fifo.toFile(), "rw");
      shim.start(id, LaunchPlans.shell("exec <" + fifo + "; " + script));
    }

    void say(String line) throws IOException {
      writer.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  private List<String> log(String id) throws IOException {
    return Files.readAllLines(directory.resolve(id + ".log")).stream()
        .map(line -> line.split(" ", 2)[1])
        .toList();
  }

  private void awaitLog(String id, String... lines) throws Exception {
    List<String> expected = List.of(lines);
    RunningShim.await(id + " logs " + expected, () -> log(id).equals(expected));
  }

  private Reply call(ToShim.Builder request, Fd... descriptors) throws Exception {
    return shim.daemon().call(request, descriptors);
  }

  /** What each descriptor of the shim is, without the numbers. */
  private List<String> descriptors() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc/" + shim.pid() + "/fd"))) {
      List<String> all = new ArrayList<>();
      for (Path entry : entries.toList()) {
        all.add(Files.readSymbolicLink(entry).toString().replaceAll("\\d+", "N"));
      }
      all.sort(null);
      return all;
    }
  }

  private long kilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + shim.pid() + "/smaps_rollup"))) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new AssertionError("no Pss");
  }

  @Test
  void idleShimSleepsInTheSameProcessWithAlmostNoMemory() throws Exception {
    Speaker speaker = new Speaker("c1");
    String cgroup = Files.readString(Path.of("/proc/" + shim.pid() + "/cgroup"));
    shim.awaitAsleep();
    assertThat(kilobytes()).isLessThan(MOST_KILOBYTES);
    assertThat(Files.readString(Path.of("/proc/" + shim.pid() + "/cgroup"))).isEqualTo(cgroup);
    assertThat(Files.readString(Path.of("/proc/" + shim.pid() + "/cmdline")))
        .contains("io.jukung.shim.Main", "--asleep", shim.socketPath.toString());
    assertThat(shim.children()).hasSize(1);
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + shim.pid() + "/task"))) {
      assertThat(threads).hasSize(1);
    }
    speaker.say("still there");
    awaitLog("c1", "stdout F still there");
  }

  @Test
  void sleepingShimHasTheDescriptorsThatItNeedsAndNoOther() throws Exception {
    StartContainer.Builder request = shim.request("c1", LaunchPlans.shell("cat")).setStdin(true);
    shim.start(request);
    shim.start("c2", LaunchPlans.shell("exit 4"));
    assertThat(shim.exit().getExitCode()).isEqualTo(4);
    shim.awaitAsleep();
    assertThat(descriptors())
        .containsExactlyInAnyOrder(
            "pipe:[N]", // standard input of the shim
            shim.errorLog.toString().replaceAll("\\d+", "N"),
            shim.errorLog.toString().replaceAll("\\d+", "N"),
            "socket:[N]",
            "socket:[N]",
            "anon_inode:[eventpoll]",
            "anon_inode:[pidfd]",
            "pipe:[N]", // standard input, output and error of c1
            "pipe:[N]",
            "pipe:[N]",
            directory.resolve("c1.log").toString().replaceAll("\\d+", "N"),
            "/memfd:jukung-shim-state (deleted)",
            "/memfd:jukung-asleep (deleted)");
  }

  @Test
  void wokenShimHasTheDescriptorsThatItHadBefore() throws Exception {
    shim.close();
    Path other = Files.createDirectory(directory.resolve("other"));
    // Long enough to look at the descriptors before the shim falls asleep again.
    shim = RunningShim.startSleepy(other, Duration.ofSeconds(3), List.of());
    new Speaker("c1");
    List<String> before = descriptors();
    shim.awaitAsleep();
    assertThat(call(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance())))
        .matches(Reply::hasProcesses);
    assertThat(withoutJars(descriptors())).isEqualTo(withoutJars(before));
  }

  private static List<String> withoutJars(List<String> descriptors) {
    return descriptors.stream()
        .filter(each -> !each.endsWith(".jar") && !each.endsWith("/modules"))
        .toList();
  }

  @Test
  void sleepingShimIsNotDumpable() throws Exception {
    // The files in /proc of a process belong to its user, those of a non-dumpable one to root.
    String[] asNobody = {
      "setpriv",
      "--reuid=65534",
      "--clear-groups",
      "--inh-caps=+dac_override",
      "--ambient-caps=+dac_override",
    };
    Path other = Files.createDirectory(directory.resolve("nobody"));
    try (RunningShim nobodys = RunningShim.startSleepy(other, AFTER, List.of(), asNobody)) {
      nobodys.awaitAsleep();
      Path process = Path.of("/proc/" + nobodys.pid());
      assertThat(Files.readAllLines(process.resolve("status")))
          .contains("Uid:\t65534\t65534\t65534\t65534");
      RunningShim.await(
          "the keeper is not dumpable",
          () ->
              Files.getAttribute(process.resolve("exe"), "unix:uid", LinkOption.NOFOLLOW_LINKS)
                  .equals(0));
    }
  }

  /** The OOM killer would free almost nothing with a sleeping shim, and end its pod. */
  @Test
  void onlyTheSleepingShimIsNeverChosenByTheOomKiller() throws Exception {
    // Some machines allow nobody to lower the score. OutOfMemoryIT runs on one that does.
    boolean mayBeLowered =
        new ProcessBuilder("choom", "-n", "-1000", "true").start().waitFor() == 0;
    shim.close();
    Path other = Files.createDirectory(directory.resolve("scored"));
    shim = RunningShim.startSleepy(other, AFTER, List.of(), "choom", "-n", "7", "--");
    new Speaker("c1");
    shim.awaitAsleep();
    RunningShim.await(
        "the keeper's score is set", () -> score(shim.pid()) == (mayBeLowered ? -1000 : 7));
    new Speaker("c2"); // wakes the shim, whose containers inherit its score
    assertThat(shim.children()).hasSize(2);
    for (ProcessHandle child : shim.children()) {
      assertThat(score(child.pid())).isEqualTo(7);
    }
  }

  private static int score(long pid) throws IOException {
    return Integer.parseInt(Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")).strip());
  }

  @Test
  void exitWakesTheShimWhichRecordsAndTellsIt() throws Exception {
    Speaker speaker = new Speaker("c1", "read -r line; echo last words; exit 7");
    shim.awaitAsleep();
    speaker.say("end");
    ContainerExited exited = shim.exit();
    assertThat(exited.getContainerId()).isEqualTo("c1");
    assertThat(exited.getExitCode()).isEqualTo(7);
    assertThat(log("c1")).containsExactly("stdout F last words");
    assertThat(directory.resolve("c1/exit.json")).content().contains("\"exitCode\":7");
    shim.awaitAsleep();
    assertThat(shim.list()).extracting(ContainerProcess::getExit).containsExactly(exited);
  }

  @Test
  void requestsOnTheOldConnectionAndOnANewOneAreAnswered() throws Exception {
    Speaker speaker = new Speaker("c1");
    ContainerProcess before = shim.list().getFirst();
    shim.awaitAsleep();
    assertThat(shim.list()).containsExactly(before);
    shim.awaitAsleep();
    shim.reconnect(shim.socketPath);
    assertThat(shim.list()).containsExactly(before);
    shim.awaitAsleep();
    assertThat(startExec("e1", "exit 5").hasStarted()).isTrue();
    assertThat(shim.daemon().event().getExecExited().getExitCode()).isEqualTo(5);
    speaker.say("after all that");
    awaitLog("c1", "stdout F after all that");
    assertThat(call(ToShim.newBuilder().setShutdown(Shutdown.getDefaultInstance())).getFailure())
        .matches(failure -> failure.getMessage().contains("c1 is running"));
  }

  private Reply startExec(String id, String script) throws Exception {
    StartExec.Builder request =
        StartExec.newBuilder()
            .setExecId(id)
            .setContainerId("c1")
            .setPlan(LaunchPlans.joiningShell(script));
    try (Pipe in = Pipe.open();
        Pipe out = Pipe.open()) {
      return call(
          ToShim.newBuilder().setStartExec(request), in.reader(), out.writer(), out.writer());
    }
  }

  /** Says that the daemon rings, and waits until the shim has said that it sleeps. */
  private void awaitAsleepOfARingingDaemon() throws Exception {
    ListProcesses.Builder rings = ListProcesses.newBuilder().setRings(true);
    assertThat(call(ToShim.newBuilder().setListProcesses(rings)).hasProcesses()).isTrue();
    assertThat(shim.daemon().event().hasAsleep()).isTrue();
    shim.awaitAsleep();
  }

  @Test
  void daemonThatRingsIsAnsweredAfterItHasRungAndNotBefore() throws Exception {
    new Speaker("c1");
    awaitAsleepOfARingingDaemon();
    long request =
        shim.daemon()
            .send(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()));
    assertThat(shim.daemon().isSilent(AFTER.multipliedBy(3))).isTrue();
    shim.connect(shim.socketPath).close();
    assertThat(shim.daemon().event().getReply().getId()).isEqualTo(request);
    assertThat(shim.daemon().event().hasAsleep()).isTrue();
  }

  @Test
  void endOfADaemonThatRingsWakesNoShim() throws Exception {
    Speaker speaker = new Speaker("c1");
    awaitAsleepOfARingingDaemon();
    Object image = Files.getAttribute(Path.of("/proc/" + shim.pid() + "/exe"), "unix:ino");
    shim.daemon().close();
    long deadline = System.nanoTime() + 5 * AFTER.toNanos();
    while (System.nanoTime() - deadline < 0) {
      assertThat(Files.getAttribute(Path.of("/proc/" + shim.pid() + "/exe"), "unix:ino"))
          .isEqualTo(image);
    }
    speaker.say("wakes it");
    awaitLog("c1", "stdout F wakes it");
    shim.reconnect(shim.socketPath);
    assertThat(shim.list()).hasSize(1);
  }

  @Test
  void exitIsToldToADaemonThatRingsOnItsOldConnection() throws Exception {
    Speaker speaker = new Speaker("c1", "read -r line; exit 9");
    awaitAsleepOfARingingDaemon();
    speaker.say("end");
    assertThat(shim.exit().getExitCode()).isEqualTo(9);
  }

  @Test
  void shimWithAnExecStaysAwake() throws Exception {
    new Speaker("c1");
    assertThat(startExec("e1", "sleep 1; exit 5").hasStarted()).isTrue();
    // Events come in order: the shim was awake all the time if it tells the exec's end.
    assertThat(shim.isAsleep()).isFalse();
    assertThat(shim.daemon().event().getExecExited().getExitCode()).isEqualTo(5);
    shim.awaitAsleep();
  }

  @Test
  void shimWithAnAttachedClientStaysAwakeUntilTheClientLeaves() throws Exception {
    Speaker speaker = new Speaker("c1");
    Pipe output = Pipe.open();
    AttachContainer.Builder attach =
        AttachContainer.newBuilder().setContainerId("c1").setStdout(true);
    assertThat(call(ToShim.newBuilder().setAttachContainer(attach), output.writer()).hasDone())
        .isTrue();
    output.writer().close();
    for (int i = 0; i < 3; i++) {
      speaker.say("x");
      byte[] read = new byte[2];
      assertThat(output.reader().read(read, 0, 2)).isEqualTo(2);
      assertStaysAwake();
    }
    output.reader().close();
    shim.awaitAsleep();
  }

  /** Waits for some times the idle time on a condition that does not come true. */
  private void assertStaysAwake() throws Exception {
    long deadline = System.nanoTime() + 4 * AFTER.toNanos();
    while (System.nanoTime() - deadline < 0) {
      assertThat(shim.isAsleep()).isFalse();
    }
  }

  @Test
  void shimWithoutASleepTimeStaysAwake() throws Exception {
    Path other = Files.createDirectory(directory.resolve("spare"));
    try (RunningShim never = RunningShim.startSleepy(other, Duration.ZERO, List.of())) {
      shim.awaitAsleep();
      assertThat(never.isAsleep()).isFalse();
    }
  }

  @Test
  void unfinishedLineIsContinuedAfterTheSleep() throws Exception {
    Path fifo = directory.resolve("parts");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (RandomAccessFile writer = new RandomAccessFile(fifo.toFile(), "rw")) {
      shim.start(
          "c1",
          LaunchPlans.shell(
              "exec <" + fifo + "; printf 'a prompt$ '; read -r line; echo \"$line\""));
      shim.awaitAsleep();
      assertThat(log("c1")).isEmpty();
      writer.write("typed\n".getBytes(StandardCharsets.US_ASCII));
      awaitLog("c1", "stdout F a prompt$ typed");
    }
  }

  @Test
  void terminalAndStandardInputWorkAfterTheSleep() throws Exception {
    StartContainer.Builder request =
        shim.request("c1", LaunchPlans.terminalShell("stty -echo; " + ECHO)).setTty(true);
    shim.start(request.setStdin(true));
    shim.awaitAsleep();
    Pipe input = Pipe.open();
    AttachContainer.Builder attach =
        AttachContainer.newBuilder().setContainerId("c1").setStdin(true);
    assertThat(call(ToShim.newBuilder().setAttachContainer(attach), input.reader()).hasDone())
        .isTrue();
    input.reader().close();
    input.writer().write("typed\n".getBytes(StandardCharsets.US_ASCII));
    RunningShim.await("the line comes back", () -> log("c1").contains("stdout F typed"));
    input.writer().close();
    shim.awaitAsleep();
    assertThat(shim.list()).hasSize(1);
  }

  @Test
  void logIsReopenedAfterTheSleep() throws Exception {
    Speaker speaker = new Speaker("c1");
    speaker.say("old");
    awaitLog("c1", "stdout F old");
    shim.awaitAsleep();
    Path log = directory.resolve("c1.log");
    Files.move(log, directory.resolve("c1.rotated"));
    speaker.say("still the old file");
    RunningShim.await(
        "the old file has it",
        () -> Files.readString(directory.resolve("c1.rotated")).contains("still the old file"));
    shim.awaitAsleep();
    ReopenLog.Builder reopen = ReopenLog.newBuilder().setContainerId("c1");
    assertThat(call(ToShim.newBuilder().setReopenLog(reopen)).hasDone()).isTrue();
    speaker.say("new");
    awaitLog("c1", "stdout F new");
  }

  @Test
  void orphansOfAContainerInTheHostsPidNamespaceAreReapedByASleepingShim() throws Exception {
    Path fifo = directory.resolve("orphans");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (RandomAccessFile writer = new RandomAccessFile(fifo.toFile(), "rw")) {
      String orphan = "(sh -c 'read -r line <" + fifo + "' &)";
      shim.start("c1", LaunchPlans.hostPidShell(orphan + "; exec sleep 1000"));
      RunningShim.await("an orphan", () -> shim.children().size() == 2);
      shim.awaitAsleep();
      writer.write("end\n".getBytes(StandardCharsets.US_ASCII));
      RunningShim.await("the orphan is reaped", () -> shim.children().size() == 1);
    }
  }

  @Test
  void signalsThatAJvmSurvivesDoNotEndASleepingShim() throws Exception {
    Speaker speaker = new Speaker("c1");
    shim.awaitAsleep();
    for (String name : List.of("QUIT", "PIPE", "CHLD", "STOP", "CONT")) {
      new ProcessBuilder("kill", "-" + name, Integer.toString(shim.pid())).start().waitFor();
    }
    speaker.say("alive");
    awaitLog("c1", "stdout F alive");
    assertThat(shim.isAlive()).isTrue();
    shim.awaitAsleep();
  }

  @Test
  void keeperTriesAgainUntilItsProgramIsThere() throws Exception {
    shim.close();
    Path starter = directory.resolve("starter");
    Path other = Files.createDirectory(directory.resolve("other"));
    shim = RunningShim.startSleepy(other, AFTER, List.of("-Djukung.shim.starter=" + starter));
    shim.awaitAsleep();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(List.of("-Xint", "-cp", System.getProperty("java.class.path")));
    command.add("-Djukung.shim.starter=" + starter);
    command.add(Main.class.getName());
    long request =
        shim.daemon()
            .send(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()));
    assertThat(shim.daemon().isSilent(Duration.ofMillis(500))).isTrue();
    Path draft =
        Files.writeString(
            directory.resolve("draft"),
            "#!/bin/sh\nexec " + String.join(" ", command) + " \"$@\"\n");
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwx------"));
    Files.move(draft, starter, StandardCopyOption.ATOMIC_MOVE);
    assertThat(shim.daemon().event().getReply().getId()).isEqualTo(request);
    shim.awaitAsleep();
  }

  @Test
  void shimOfAReleaseThatCannotReadTheStateSleepsOnAndLosesNothing() throws Exception {
    Speaker speaker = new Speaker("c1");
    shim.awaitAsleep();
    Path state = stateFile();
    int versionAt = 8 + 4 * StateFile.keptDescriptors(Files.readAllBytes(state)).length;
    writeVersion(state, versionAt, 99);
    speaker.say("written meanwhile");
    RunningShim.await(
        "the state is refused",
        () -> Files.readString(shim.errorLog).contains("state of version 99"));
    assertThat(shim.isAlive()).isTrue();
    assertThat(log("c1")).isEmpty();
    writeVersion(state, versionAt, StateFile.VERSION);
    awaitLog("c1", "stdout F written meanwhile");
    shim.awaitAsleep();
  }

  private Path stateFile() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc/" + shim.pid() + "/fd"))) {
      for (Path entry : entries.toList()) {
        if (Files.readSymbolicLink(entry).toString().contains("jukung-shim-state")) {
          return entry;
        }
      }
    }
    throw new AssertionError("no state");
  }

  private static void writeVersion(Path state, int at, int version) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(state.toFile(), "rw")) {
      file.seek(at);
      file.write(ByteBuffer.allocate(4).putInt(version).array());
    }
  }

  @Test
  @Timeout(value = 6, unit = TimeUnit.HOURS) // for as many cycles as are asked for
  void manySleepsLoseNoLineNoExitAndNoDescriptor() throws Exception {
    Speaker speaker = new Speaker("c1");
    shim.awaitAsleep();
    List<String> asleep = descriptors();
    List<String> expected = new ArrayList<>();
    Set<Integer> pids = new TreeSet<>();
    for (int i = 0; i < CYCLES; i++) {
      speaker.say("line " + i);
      expected.add("stdout F line " + i);
      pids.add(shim.pid());
      if (i % 4 == 3) {
        shim.start("x" + i, LaunchPlans.shell("exit " + i % 100));
        assertThat(shim.exit().getExitCode()).isEqualTo(i % 100);
        RemoveContainer.Builder remove = RemoveContainer.newBuilder().setContainerId("x" + i);
        assertThat(call(ToShim.newBuilder().setRemoveContainer(remove)).hasDone()).isTrue();
      } else {
        RunningShim.await("the line is logged", () -> log("c1").size() == expected.size());
      }
      shim.awaitAsleep();
      assertThat(descriptors()).as("cycle " + i).isEqualTo(asleep);
    }
    assertThat(log("c1")).isEqualTo(expected);
    assertThat(Files.readString(shim.errorLog)).isEmpty();
    assertThat(pids).hasSize(1);
  }
}
