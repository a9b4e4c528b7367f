package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.MemoryFile;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ToShim;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Environments as long as the kernel takes, in a real shim with a heap of 16 MiB. */
@Timeout(120)
class ShimEnvironmentTest {
  /** 2 MiB is a quarter of the stack limit; each string has 1 001 bytes and a pointer. */
  private static final int MOST = 2 * 1024 * 1024 / (1001 + Long.BYTES) - 2;

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
  void environmentOfTwoMebibytesReachesTheCommand() throws Exception {
    assertThat(start("c1", LaunchPlans.environment(MOST, "/bin/sh", "-c", "env | wc -c; exit 3")))
        .matches(Reply::hasStarted);
    assertThat(shim.exit().getExitCode()).isEqualTo(3);
    String log = Files.readString(directory.resolve("c1.log"));
    assertThat(Integer.parseInt(log.strip().replaceAll(".* ", ""))).isGreaterThan(MOST * 1001);
  }

  /** The launches run at once; each one in the heap would take more than all of the heap. */
  @Test
  void manySuchLaunchesAtOnceFitInTheHeap() throws Exception {
    LaunchPlans.WithData plan = LaunchPlans.environment(MOST, "/bin/true");
    long descriptors = shim.descriptors();
    List<Long> waiting = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      try (Fd data = MemoryFile.of("launch data", plan.data())) {
        waiting.add(
            shim.daemon()
                .send(
                    ToShim.newBuilder().setStartContainer(shim.request("c" + i, plan.plan())),
                    data));
      }
    }
    int exits = 0;
    while (!waiting.isEmpty() || exits < 12) {
      FromShim message = shim.daemon().event();
      if (message.hasReply()) {
        assertThat(message.getReply()).matches(Reply::hasStarted);
        assertThat(waiting.remove(message.getReply().getId())).isTrue();
      } else {
        assertThat(message.getContainerExited().getExitCode()).isZero();
        exits++;
      }
    }
    assertThat(Files.readString(shim.errorLog)).isEmpty();
    assertThat(shim.descriptors()).isEqualTo(descriptors);
  }

  @Test
  void longerEnvironmentIsTooLongForTheKernel() throws Exception {
    Reply reply = start("c1", LaunchPlans.environment(MOST + 10, "/bin/true"));
    assertThat(reply.getFailure().getErrno()).isEqualTo(Errno.E2BIG);
    assertThat(reply.getFailure().getPhase()).isEqualTo(Failure.Phase.CONFINE);
  }

  @Test
  void planWithoutItsDataIsRefused() throws Exception {
    LaunchPlans.WithData plan = LaunchPlans.environment(1, "/bin/true");
    assertThat(shim.call(shim.request("c1", plan.plan())).getFailure().getMessage())
        .isEqualTo("launch plan without the descriptor of its data");
    byte[] half = java.util.Arrays.copyOf(plan.data(), plan.data().length / 2);
    assertThat(start("c1", new LaunchPlans.WithData(plan.plan(), half)).getFailure().getMessage())
        .contains("the data of a launch program ends");
    assertThat(start("c1", plan)).matches(Reply::hasStarted);
  }

  private Reply start(String id, LaunchPlans.WithData plan) throws Exception {
    try (Fd data = MemoryFile.of("launch data", plan.data())) {
      return shim.daemon()
          .call(ToShim.newBuilder().setStartContainer(shim.request(id, plan.plan())), data);
    }
  }
}
