package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.process.Signals;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.Recycle;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ToShim;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A shim that becomes a spare again. Needs root. */
@Timeout(60)
class ShimRecycleTest {
  @TempDir Path directory;

  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.start(directory);
  }

  @AfterEach
  void close() throws Exception {
    shim.close();
  }

  private Path podSocket() {
    return directory.resolve("pod.sock");
  }

  private Path spareSocket() {
    return directory.resolve("spare.sock");
  }

  private Path spareLog() {
    return directory.resolve("spare.log");
  }

  private Reply adopt() throws Exception {
    Adopt.Builder request =
        Adopt.newBuilder().setSandboxId("pod").setSocketPath(podSocket().toString());
    return shim.daemon().call(ToShim.newBuilder().setAdopt(request));
  }

  private Reply recycle() throws Exception {
    Recycle.Builder request =
        Recycle.newBuilder()
            .setSocketPath(spareSocket().toString())
            .setLogPath(spareLog().toString());
    return shim.daemon().call(ToShim.newBuilder().setRecycle(request));
  }

  private String sandbox() throws Exception {
    return shim.daemon()
        .call(ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance()))
        .getProcesses()
        .getSandboxId();
  }

  @Test
  void recycledShimKnowsNothingOfItsPodAndCanBeAdoptedAgain() throws Exception {
    assertThat(adopt().hasDone()).isTrue();
    shim.start("c1", LaunchPlans.shell("exit 0"));
    shim.exit();
    Reply recycled = recycle();
    assertThat(recycled.hasDone()).as(recycled.getFailure()::getMessage).isTrue();
    assertThat(sandbox()).isEmpty();
    assertThat(shim.list()).isEmpty();
    assertThat(podSocket()).doesNotExist();
    assertThat(spareSocket()).exists();
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + shim.pid() + "/fd/2")))
        .isEqualTo(spareLog().toRealPath());
    assertThat(adopt().hasDone()).isTrue();
    shim.start("c1", LaunchPlans.shell("exit 5"));
    assertThat(shim.exit().getExitCode()).isEqualTo(5);
  }

  @Test
  void shimWithARunningContainerRefusesAndGoesOn() throws Exception {
    adopt();
    shim.start("c1", LaunchPlans.shell("sleep 1000"));
    Reply refused = recycle();
    assertThat(refused.getFailure().getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
    assertThat(sandbox()).isEqualTo("pod");
    assertThat(shim.list()).hasSize(1);
    shim.signal("c1", Signals.SIGKILL);
    shim.exit();
    assertThat(recycle().hasDone()).isTrue();
  }

  @Test
  void shimWithAChildThatIsLeftEnds() throws Exception {
    adopt();
    shim.start("c1", LaunchPlans.hostPidShell("setsid sleep 1000 >/dev/null 2>&1 & exit 0"));
    shim.exit();
    Reply refused = recycle();
    assertThat(refused.getFailure().getMessage()).isEqualTo("a process of the pod is left");
    assertThat(shim.exitCode()).isZero();
  }

  @Test
  void shimThatWasNeverAdoptedEndsBecauseNothingIsKnownToCompareWith() throws Exception {
    assertThat(recycle().getFailure().getMessage()).contains("never adopted");
    assertThat(shim.exitCode()).isZero();
  }

  @Test
  void shimEndsWhoseSocketCannotMove() throws Exception {
    adopt();
    Files.delete(podSocket());
    assertThat(recycle().getFailure().getMessage()).startsWith("rename ");
    assertThat(shim.exitCode()).isZero();
  }
}
