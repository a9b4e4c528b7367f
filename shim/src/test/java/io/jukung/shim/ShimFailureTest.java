package io.jukung.shim;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Injects errors into the work of a real shim. After an error the shim must go on without a loss,
 * or end so that the daemon notices. It must never live on and miss exits, output or answers. Needs
 * root.
 */
@Timeout(120)
class ShimFailureTest {
  @TempDir Path directory;

  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.startFaulty(directory);
  }

  @AfterEach
  void stop() throws Exception {
    shim.close();
  }

  @Test
  void exitIsOnDiskBeforeItIsToldAlthoughWritingItFailedOnce() throws Exception {
    FaultyShim.failOnce(directory, "renameat2");
    shim.start("c1", LaunchPlans.shell("exit 3"));
    assertThat(shim.exit().getExitCode()).isEqualTo(3);
    assertThat(directory.resolve("c1/exit.json")).content().contains("\"exitCode\":3");
  }

  @Test
  void exitIsToldAlthoughHandlingItFailedOnce() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/sleep", "1000"));
    FaultyShim.failOnce(directory, "clock_gettime");
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    assertThat(shim.exit().getExitCode()).isEqualTo(137);
    assertThat(directory.resolve("c1/exit.json")).content().contains("\"exitCode\":137");
  }

  @Test
  void exitThatCannotBeSentIsListedToTheNextConnection() throws Exception {
    Path go = directory.resolve("go");
    shim.start("c1", LaunchPlans.shell(waitFor(go) + "exit 5"));
    FaultyShim.failOnce(directory, "sendmsg");
    Files.createFile(go);
    assertThat(shim.daemon().isClosedByShim()).isTrue();
    shim.reconnect(shim.socketPath);
    assertThat(shim.list().getFirst().getExit().getExitCode()).isEqualTo(5);
  }

  @Test
  void outputIsLoggedAfterReadingItFailedOnce() throws Exception {
    Path go = directory.resolve("go");
    shim.start("c1", LaunchPlans.shell("echo one; " + waitFor(go) + "echo two; exec sleep 1000"));
    RunningShim.await("the first line", () -> log("c1").contains("one"));
    FaultyShim.failOnce(directory, "read");
    Files.createFile(go);
    RunningShim.await("the second line", () -> log("c1").contains("two"));
  }

  @Test
  void launchIsAnsweredAlthoughWakingTheLoopFailedOnce() throws Exception {
    FaultyShim.failOnce(directory, "wake");
    shim.start("c1", LaunchPlans.command("/bin/true"));
    assertThat(shim.exit().getExitCode()).isZero();
  }

  @Test
  void launchThatCannotBeAnsweredIsListedToTheNextConnection() throws Exception {
    FaultyShim.failOnce(directory, "sendmsg");
    shim.daemon()
        .send(
            ToShim.newBuilder()
                .setStartContainer(shim.request("c1", LaunchPlans.command("/bin/sleep", "1000"))));
    assertThat(shim.daemon().isClosedByShim()).isTrue();
    shim.reconnect(shim.socketPath);
    assertThat(shim.list().getFirst().getContainerId()).isEqualTo("c1");
    assertThat(shim.list().getFirst().hasExit()).isFalse();
  }

  @Test
  void shimEndsIfAnExitCannotBeHandledForGood() throws Exception {
    shim.start("c1", LaunchPlans.command("/bin/sleep", "1000"));
    FaultyShim.failAlways(directory, "waitid");
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    assertEndsInFailure();
  }

  @Test
  void shimEndsWithItsLoopAlthoughALaunchHangsInTheKernel() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step(
        "wait for a writer",
        Syscall.OPENAT,
        imm(Fd.AT_FDCWD),
        prepare.string(fifo.toString()),
        imm(0));
    LaunchPlan.Builder hanging = LaunchPlans.plan(prepare.build(), Program.empty());
    shim.daemon().send(ToShim.newBuilder().setStartContainer(shim.request("c1", hanging)));
    FaultyShim.failAlways(directory, "epoll_pwait");
    shim.daemon().send(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()));
    assertEndsInFailure();
  }

  private void assertEndsInFailure() throws Exception {
    RunningShim.await("the shim ends", () -> !shim.isAlive());
    assertThat(shim.exitCode()).isNotZero();
    assertThat(Files.readString(shim.errorLog)).contains("OutOfMemoryError: injected into");
  }

  private static String waitFor(Path file) {
    return "while [ ! -e " + file + " ]; do sleep 0.05; done; ";
  }

  private String log(String id) throws IOException {
    return Files.readString(directory.resolve(id + ".log"));
  }
}
