package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.ExecExited;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.OciRuntime;
import io.jukung.shim.v1.RemoveContainer;
import io.jukung.shim.v1.ReopenLog;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ResizeTerminal;
import io.jukung.shim.v1.Shutdown;
import io.jukung.shim.v1.StartContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.Started;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands of the host in namespaces as the containers of a real shim. Needs root. */
@Timeout(120)
class ShimContainerTest {
  @TempDir Path directory;

  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    shim.close();
  }

  @Test
  void outputAndExitOfAContainerAreRecorded() throws Exception {
    long before = System.currentTimeMillis() * 1_000_000;
    Started started =
        shim.start("c1", LaunchPlans.shell("echo out; echo err >&2; printf tail; exit 3"));
    assertThat(started.getPid()).isPositive();
    assertThat(started.getStartedAt()).isBetween(before, System.currentTimeMillis() * 1_000_000);
    ContainerExited exited = shim.exit();
    assertThat(exited.getContainerId()).isEqualTo("c1");
    assertThat(exited.getExitCode()).isEqualTo(3);
    assertThat(exited.getOomKilled()).isFalse();
    assertThat(exited.getFinishedAt()).isGreaterThanOrEqualTo(started.getStartedAt());
    assertThat(log("c1"))
        .containsExactlyInAnyOrder("stdout F out", "stderr F err", "stdout P tail");
    assertThat(Files.readString(directory.resolve("c1/exit.json")))
        .isEqualTo(
            "{\"version\":1,\"exitCode\":3,\"finishedAt\":%d,\"oomKilled\":false}\n"
                .formatted(exited.getFinishedAt()));
    assertThat(Files.readString(shim.errorLog)).isEmpty();
  }

  @Test
  void listShowsRunningAndExitedUntilRemoved() throws Exception {
    Started running = shim.start("c1", LaunchPlans.command("/bin/sleep", "1000"));
    shim.start("c2", LaunchPlans.command("/bin/true"));
    ContainerExited exited = shim.exit();
    List<ContainerProcess> list = shim.list();
    assertThat(list).hasSize(2);
    for (ContainerProcess process : list) {
      if (process.getContainerId().equals("c1")) {
        assertThat(process.hasExit()).isFalse();
        assertThat(process.getPid()).isEqualTo(running.getPid());
        assertThat(process.getStartedAt()).isEqualTo(running.getStartedAt());
      } else {
        assertThat(process.getExit()).isEqualTo(exited);
      }
    }
    assertThat(remove("c2").hasDone()).isTrue();
    assertThat(remove("c1").getFailure().getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
    assertThat(shim.list()).hasSize(1);
  }

  @Test
  void signalledContainerExitsWith128PlusSignal() throws Exception {
    shim.start("c1", LaunchPlans.hostPidShell("exec sleep 1000"));
    assertThat(shim.signal("c1", 15).hasDone()).isTrue();
    assertThat(shim.exit().getExitCode()).isEqualTo(143);
    // The container has ended, as it may while a request is on its way.
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    assertThat(shim.signal("c1", 0).getFailure().getMessage()).contains("signal 0");
  }

  @Test
  void initThatIgnoresTermIsKilledBySigkill() throws Exception {
    shim.start("c1", LaunchPlans.shell("trap '' TERM; echo ready; sleep 1000 & wait"));
    RunningShim.await("ready", () -> !log("c1").isEmpty());
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    assertThat(shim.exit().getExitCode()).isEqualTo(137);
    assertThat(shim.children()).isEmpty();
  }

  @Test
  void failedStartNamesItsStepAndMayBeRepeated() throws Exception {
    Failure failure = tryStart("c1", LaunchPlans.failingPrepare()).getFailure();
    assertThat(failure.getPhase()).isEqualTo(Failure.Phase.PREPARE);
    assertThat(failure.getStep()).isEqualTo(1);
    assertThat(failure.getErrno()).isEqualTo(2);
    failure = tryStart("c1", LaunchPlans.command("/nonexistent")).getFailure();
    assertThat(failure.getPhase()).isEqualTo(Failure.Phase.CONFINE);
    assertThat(failure.getStep()).isEqualTo(4);
    assertThat(failure.getErrno()).isEqualTo(2);
    failure = tryStart("c1", LaunchPlans.shell("").setCloneFlags(0x10000)).getFailure();
    assertThat(failure.getPhase()).isEqualTo(Failure.Phase.CLONE);
    failure = tryStart("c1", LaunchPlans.shell("").setCgroup("/nonexistent/cgroup")).getFailure();
    assertThat(failure.getPhase()).isEqualTo(Failure.Phase.NONE);
    assertThat(failure.getMessage()).contains("/nonexistent/cgroup").contains("ENOENT");
    failure = tryStart("c1", LaunchPlan.newBuilder()).getFailure();
    assertThat(failure.getMessage()).contains("not a launch program");
    failure = tryStart("c1", LaunchPlans.terminalShell("true")).getFailure();
    assertThat(failure.getMessage()).contains("terminal");
    assertThat(shim.list()).isEmpty();
    shim.start("c1", LaunchPlans.command("/bin/true"));
    assertThat(shim.exit().getExitCode()).isZero();
    RunningShim.await("no child is left", () -> shim.children().isEmpty());
  }

  @Test
  void exitIsKeptOfAContainerWhoseParentOutlivesItsRuntime() throws Exception {
    Path pid = directory.resolve("pid");
    // The runtime ends when it has heard the pid; the parent of the container ends later.
    String parent =
        "sh -c 'sleep 0.1; exit 3' & echo $! > %1$s.new; mv %1$s.new %1$s; exec sleep 0.5";
    String runtime =
        ("(" + parent + ") > /dev/null 2>&1 & while ! [ -e %1$s ]; do sleep 0.01; done")
            .formatted(pid);
    shim.start(
        "c1",
        LaunchPlans.hostPidShell(runtime)
            .setRuntime(OciRuntime.newBuilder().setPidFile(pid.toString())));
    assertThat(shim.exit().getExitCode()).isEqualTo(3);
    RunningShim.await("no child is left", () -> shim.children().isEmpty());
    assertThat(Files.readString(shim.errorLog)).isEmpty();
  }

  @Test
  void logThatCannotBeOpenedFailsTheStart() throws Exception {
    StartContainer.Builder request =
        shim.request("c1", LaunchPlans.command("/bin/true")).setLogPath("/nonexistent/0.log");
    Failure failure = shim.call(request).getFailure();
    assertThat(failure.getMessage())
        .isEqualTo(
            "openat2(/nonexistent/0.log, flags=0xd41, resolve=NO_SYMLINKS): ENOENT No such file or directory");
    assertThat(shim.list()).isEmpty();
  }

  @Test
  void secondStartOfAContainerIsRefused() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/true"));
    shim.exit();
    Failure failure = tryStart("c1", LaunchPlans.command("/bin/true")).getFailure();
    assertThat(failure.getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
  }

  @Test
  void standardInputIsEmptyUnlessAskedFor() throws Exception {
    shim.start("c1", LaunchPlans.shell("cat; echo end"));
    shim.exit();
    assertThat(log("c1")).containsExactly("stdout F end");
    shim.call(shim.request("c2", LaunchPlans.shell("echo begin; cat; echo end")).setStdin(true));
    RunningShim.await("begin", () -> !log("c2").isEmpty());
    assertThat(shim.daemon().isSilent(Duration.ofMillis(200))).isTrue();
    shim.signal("c2", 9);
    shim.exit();
    assertThat(log("c2")).containsExactly("stdout F begin");
  }

  @Test
  void terminalIsLoggedAndResized() throws Exception {
    String script = "trap 'stty size; exit 5' WINCH; tty; while :; do sleep 0.1; done";
    assertThat(
            shim.call(shim.request("c1", LaunchPlans.terminalShell(script)).setTty(true))
                .hasStarted())
        .isTrue();
    RunningShim.await("its name", () -> !log("c1").isEmpty());
    assertThat(log("c1").getFirst()).matches("stdout F /dev/pts/\\d+\r");
    ResizeTerminal.Builder size =
        ResizeTerminal.newBuilder().setContainerId("c1").setColumns(132).setRows(43);
    assertThat(shim.daemon().call(ToShim.newBuilder().setResizeTerminal(size)).hasDone()).isTrue();
    assertThat(shim.exit().getExitCode()).isEqualTo(5);
    assertThat(log("c1").getLast()).isEqualTo("stdout F 43 132\r");
    Failure failure = shim.daemon().call(ToShim.newBuilder().setResizeTerminal(size)).getFailure();
    assertThat(failure.getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
  }

  @Test
  void outputIsLoggedWithoutADaemon() throws Exception {
    shim.start(
        "c1", LaunchPlans.shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"));
    shim.daemon().close();
    Path record = directory.resolve("c1/exit.json");
    RunningShim.await("the exit record", () -> Files.exists(record));
    shim.reconnect(shim.socketPath);
    RunningShim.await("the exit", () -> shim.list().getFirst().hasExit());
    List<String> lines = log("c1");
    assertThat(lines).hasSize(20_000);
    assertThat(lines.getLast()).isEqualTo("stdout F line 19999");
  }

  @Test
  void reopenedLogMissesNothingAndTheOldFileIsLeftAlone() throws Exception {
    shim.start("c1", LaunchPlans.shell("i=0; while :; do echo $i; i=$((i+1)); done"));
    Path log = directory.resolve("c1.log");
    long next = 0;
    for (int i = 0; i < 10; i++) {
      RunningShim.await("lines", () -> Files.exists(log) && Files.size(log) > 1000);
      Path old = directory.resolve("c1.log." + i);
      Files.move(log, old);
      ReopenLog.Builder request = ReopenLog.newBuilder().setContainerId("c1");
      assertThat(shim.daemon().call(ToShim.newBuilder().setReopenLog(request)).hasDone()).isTrue();
      assertThat(log).exists();
      long size = Files.size(old);
      for (String line : lines(old)) {
        assertThat(line).isEqualTo("stdout F " + next);
        next++;
      }
      assertThat(Files.size(old)).isEqualTo(size);
    }
    RunningShim.await("lines", () -> Files.size(log) > 1000);
    shim.signal("c1", 9);
    shim.exit();
    assertThat(log("c1").getFirst()).isEqualTo("stdout F " + next);
    ReopenLog.Builder request = ReopenLog.newBuilder().setContainerId("c1");
    Reply reply = shim.daemon().call(ToShim.newBuilder().setReopenLog(request));
    assertThat(reply.getFailure().getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
  }

  @Test
  void processesLeftInTheCgroupAreKilledAtTheExit() throws Exception {
    try (TestCgroup cgroup = TestCgroup.create("left")) {
      shim.start(
          "c1", LaunchPlans.hostPidShell("sleep 1000 & echo started").setCgroup(cgroup.path()));
      long before = System.nanoTime();
      assertThat(shim.exit().getExitCode()).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
      assertThat(log("c1")).containsExactly("stdout F started");
      RunningShim.await("the cgroup is empty", cgroup::isEmpty);
      RunningShim.await("nothing is left to reap", () -> shim.children().isEmpty());
    }
  }

  @Test
  void outputHeldOpenByAnotherProcessDelaysTheExitForABoundedTime() throws Exception {
    shim.start("c1", LaunchPlans.hostPidShell("echo one; sleep 1000 &"));
    RunningShim.await("exit record", () -> Files.exists(directory.resolve("c1/exit.json")));
    assertThat(shim.list().getFirst().hasExit()).isFalse();
    assertThat(shim.exit().getExitCode()).isZero();
    assertThat(log("c1")).containsExactly("stdout F one");
    // The sleeping process is now a child of the shim and ends with this test.
    assertThat(shim.children()).hasSize(1);
  }

  @Test
  void orphansAreReaped() throws Exception {
    shim.start(
        "c1", LaunchPlans.hostPidShell("(sleep 0.1 & sleep 0.2 & ) ; echo done; sleep 1000"));
    RunningShim.await("two orphans", () -> shim.children().size() == 3);
    RunningShim.await("no zombie", () -> shim.children().size() == 1);
    assertThat(shim.list().getFirst().hasExit()).isFalse();
  }

  @Test
  void execJoinsAndReportsItsExit() throws Exception {
    shim.start("c1", LaunchPlans.namedShell("boat", "sleep 1000"));
    try (Pipe in = Pipe.open();
        Pipe out = Pipe.open();
        Pipe err = Pipe.open()) {
      StartExec.Builder exec =
          StartExec.newBuilder()
              .setExecId("e1")
              .setContainerId("c1")
              .setPlan(LaunchPlans.joiningShell("hostname; cat; echo bad >&2; exit 9"));
      Reply reply =
          shim.daemon()
              .call(
                  ToShim.newBuilder().setStartExec(exec), in.reader(), out.writer(), err.writer());
      assertThat(reply.hasStarted()).isTrue();
      out.writer().close();
      err.writer().close();
      in.writer().write("typed\n".getBytes(StandardCharsets.UTF_8));
      in.writer().close();
      assertThat(readAll(out.reader())).isEqualTo("boat\ntyped\n");
      assertThat(readAll(err.reader())).isEqualTo("bad\n");
    }
    ExecExited exited = shim.daemon().event().getExecExited();
    assertThat(exited.getExecId()).isEqualTo("e1");
    assertThat(exited.getExitCode()).isEqualTo(9);
  }

  @Test
  void execInAnExitedContainerAndFailedExecAreRefused() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/true"));
    shim.exit();
    assertThat(exec("e1", "c1", "true").getFailure().getKind())
        .isEqualTo(Failure.Kind.FAILED_PRECONDITION);
    shim.start("c2", LaunchPlans.command("/bin/sleep", "1000"));
    Reply reply =
        exec(
            StartExec.newBuilder()
                .setExecId("e2")
                .setContainerId("c2")
                .setPlan(LaunchPlans.failingPrepare()));
    assertThat(reply.getFailure().getPhase()).isEqualTo(Failure.Phase.PREPARE);
  }

  @Test
  void execGoesOnWithoutADaemon() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/sleep", "1000"));
    Path file = directory.resolve("written");
    assertThat(exec("e1", "c1", "sleep 0.3; echo x > " + file).hasStarted()).isTrue();
    shim.daemon().close();
    RunningShim.await("the exec's file", () -> Files.exists(file) && Files.size(file) == 2);
    RunningShim.await("the exec is reaped", () -> shim.children().size() == 1);
    shim.reconnect(shim.socketPath);
    assertThat(shim.list().getFirst().hasExit()).isFalse();
  }

  @Test
  void shutdownWaitsForContainersToBeOver() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/sleep", "1000"));
    ToShim.Builder shutdown = ToShim.newBuilder().setShutdown(Shutdown.getDefaultInstance());
    assertThat(shim.daemon().call(shutdown).getFailure().getKind())
        .isEqualTo(Failure.Kind.FAILED_PRECONDITION);
    shim.signal("c1", 9);
    shim.exit();
    assertThat(shim.daemon().call(shutdown).hasDone()).isTrue();
    assertThat(shim.exitCode()).isZero();
  }

  @Test
  void manyLaunchesLeaveNoDescriptorAndNoProcess() throws Exception {
    shim.start("warm", LaunchPlans.command("/bin/true"));
    shim.exit();
    long before = shim.descriptors();
    for (int i = 0; i < 200; i++) {
      String id = "c" + i;
      shim.start(id, LaunchPlans.shell("echo " + i));
      assertThat(shim.exit().getExitCode()).isZero();
      assertThat(remove(id).hasDone()).isTrue();
      assertThat(tryStart(id, LaunchPlans.command("/nonexistent")).hasFailure()).isTrue();
      assertThat(log(id)).containsExactly("stdout F " + i);
    }
    assertThat(shim.descriptors()).isEqualTo(before);
    assertThat(shim.children()).isEmpty();
  }

  @Test
  void twentyContainersRunAtOnce() throws Exception {
    for (int i = 0; i < 20; i++) {
      StartContainer.Builder request =
          shim.request("c" + i, LaunchPlans.shell("sleep 0.1; echo " + i + "; exit " + i));
      shim.daemon().send(ToShim.newBuilder().setStartContainer(request));
    }
    int exits = 0;
    while (exits < 20) {
      var event = shim.daemon().event();
      if (event.hasContainerExited()) {
        ContainerExited exited = event.getContainerExited();
        assertThat("c" + exited.getExitCode()).isEqualTo(exited.getContainerId());
        assertThat(log(exited.getContainerId()))
            .containsExactly("stdout F " + exited.getExitCode());
        exits++;
      } else {
        assertThat(event.getReply().hasStarted()).isTrue();
      }
    }
  }

  private Reply tryStart(String id, LaunchPlan.Builder plan) throws Exception {
    return shim.call(shim.request(id, plan));
  }

  private Reply exec(String id, String containerId, String script) throws Exception {
    return exec(
        StartExec.newBuilder()
            .setExecId(id)
            .setContainerId(containerId)
            .setPlan(LaunchPlans.joiningShell(script)));
  }

  private Reply exec(StartExec.Builder request) throws Exception {
    try (Pipe pipe = Pipe.open()) {
      Fd any = pipe.writer();
      return shim.daemon().call(ToShim.newBuilder().setStartExec(request), any, any, any);
    }
  }

  private Reply remove(String id) throws Exception {
    return shim.daemon()
        .call(
            ToShim.newBuilder()
                .setRemoveContainer(RemoveContainer.newBuilder().setContainerId(id)));
  }

  /** The log's records without their times. */
  private List<String> log(String id) throws IOException {
    return lines(directory.resolve(id + ".log"));
  }

  private static List<String> lines(Path log) throws IOException {
    return List.of(Files.readString(log).split("\n", -1)).stream()
        .filter(line -> !line.isEmpty())
        .map(line -> line.substring(Rfc3339.LENGTH + 1))
        .toList();
  }

  private static String readAll(Fd fd) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[4096];
    for (int count; (count = fd.read(buffer, 0, buffer.length)) > 0; ) {
      text.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
    }
    return text.toString();
  }
}
