package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Testbed.Extension.class)
class ExecSyncIT {
  private static final int CAP_BYTES = 16 << 20;

  private static String sleeper(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("exec", NamespaceMode.NODE);
    return testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
  }

  @Test
  void exitCodeOfAKilledCommandIs128PlusTheSignal(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    assertThat(testbed.exec(container, "sh", "-c", "kill -9 $$").getExitCode()).isEqualTo(137);
    assertThat(testbed.exec(container, "true").getExitCode()).isZero();
  }

  @Test
  void timeoutKillsEveryProcessOfTheExecAndNothingElse(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    long start = System.nanoTime();
    Status status =
        failure(
            () ->
                testbed.exec(
                    container, 1, "sh", "-c", "sleep 4321 & setsid sleep 4321 & sleep 4321"));
    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    Await.until(
        "no process of the exec is left",
        () -> !testbed.processes(container).contains("sleep 4321"));
    assertThat(testbed.processes(container)).contains("sleep 1000");
  }

  @Test
  void backgroundChildThatKeepsThePipesOpenDoesNotDelayTheAnswer(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    long start = System.nanoTime();
    ExecSyncResponse answer =
        testbed.exec(container, "sh", "-c", "echo before; sleep 5432 & exit 4");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(answer.getExitCode()).isEqualTo(4);
    assertThat(answer.getStdout().toStringUtf8()).isEqualTo("before\n");
  }

  @Test
  void outputAbove16MebibytesIsCutWithoutAnError(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    ExecSyncResponse answer =
        testbed.exec(container, "sh", "-c", "head -c 20000000 /dev/zero; echo end >&2; exit 5");
    assertThat(answer.getExitCode()).isEqualTo(5);
    assertThat(answer.getStdout().size()).isEqualTo(CAP_BYTES);
    assertThat(answer.getStderr().toStringUtf8()).isEqualTo("end\n");
  }

  @Test
  void concurrentCommandsEachGetTheirOwnOutput(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    List<Future<ExecSyncResponse>> answers = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        String number = Integer.toString(i);
        answers.add(
            executor.submit(
                () -> testbed.exec(container, "sh", "-c", "echo " + number + "; exit " + number)));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get().getStdout().toStringUtf8()).isEqualTo(i + "\n");
        assertThat(answers.get(i).get().getExitCode()).isEqualTo(i);
      }
    }
  }

  @Test
  void fiftyCommandsThatWriteForeverDoNotExhaustTheDaemonsMemory(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    List<Future<Status>> ends = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        ends.add(executor.submit(() -> failure(() -> testbed.exec(container, 5, "yes"))));
      }
      for (Future<Status> end : ends) {
        assertThat(end.get().getCode())
            .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED);
      }
    }
    Await.until("no command is left", () -> !testbed.processes(container).contains("yes"));
    String status =
        testbed.node().run("cat", "/proc/" + testbed.daemon().pid() + "/status").orThrow();
    long peakKib =
        status
            .lines()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
            .sum();
    assertThat(peakKib).as("peak of the daemon's memory").isBetween(1L, 900L << 10);
  }

  @Test
  void execRunsInTheContainersNamespacesAndRoot(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    String answer =
        testbed
            .exec(
                container,
                "sh",
                "-c",
                "for n in mnt pid ipc uts net; do"
                    + " [ \"$(readlink /proc/self/ns/$n)\" = \"$(readlink /proc/1/ns/$n)\" ]"
                    + " || echo $n differs; done; cat /proc/1/cmdline | tr '\\0' ' '")
            .getStdout()
            .toStringUtf8();
    assertThat(answer).isEqualTo("sleep 1000 ");
  }

  @Test
  void missingCommandIsNamedInTheError(Testbed testbed) throws Exception {
    String container = sleeper(testbed);
    assertThat(failure(() -> testbed.exec(container, "/no/such/program")).getDescription())
        .contains("/no/such/program");
  }

  @Test
  void execInAnExitedOrUnknownContainerFails(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("exited", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "short", List.of("true"));
    testbed.awaitExited(container);
    failure(() -> testbed.exec(container, "true"));
    assertThat(failure(() -> testbed.exec("f".repeat(64), "true")).getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }
}
