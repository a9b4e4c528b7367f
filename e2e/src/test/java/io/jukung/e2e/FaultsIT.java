package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Faults of the node under a running daemon: no descriptors, no memory, a read-only disk, a disk
 * that does not answer. Calls fail with a reason, nothing is lost, and all is well afterwards.
 */
@ExtendWith(Testbed.Extension.class)
class FaultsIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");

  /** A stop waits so long for processes that a kill does not end, and longer on a slow machine. */
  private static final Duration STOP_BOUND = Duration.ofSeconds(60);

  private static String limits(Testbed testbed, String pid, String resource) throws Exception {
    return testbed
        .node()
        .run("prlimit", "--pid", pid, "--" + resource, "--noheadings", "--output", "SOFT,HARD")
        .orThrow()
        .strip()
        .replaceAll(" +", ":");
  }

  private static void limit(Testbed testbed, String pid, String resource, String limit)
      throws Exception {
    String now = limits(testbed, pid, resource);
    String hard = now.substring(now.indexOf(':') + 1);
    String softAndHard = limit.contains(":") ? limit : limit + ":" + hard;
    testbed.node().run("prlimit", "--pid", pid, "--" + resource + "=" + softAndHard).orThrow();
  }

  private static String descriptors(Testbed testbed, String pid) throws Exception {
    return testbed.node().run("sh", "-c", "ls /proc/" + pid + "/fd | wc -l").orThrow().strip();
  }

  @Test
  void daemonWithoutDescriptorsRefusesCallsAndServesAgain(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("before", NamespaceMode.POD);
    String runs = testbed.runContainer(pod, "runs", SLEEP);
    String ends =
        testbed.runShell(pod, "ends", "while [ ! -e /go ]; do usleep 50000; done; exit 7");
    String daemon = Long.toString(testbed.daemon().pid());
    String before = limits(testbed, daemon, "nofile");
    limit(testbed, daemon, "nofile", descriptors(testbed, daemon));
    try {
      Status refused = Calls.failure(() -> testbed.runPod("refused", NamespaceMode.POD));
      assertThat(refused.getDescription()).containsAnyOf("EMFILE", "Too many open files");
      Status exec = Calls.failure(() -> testbed.exec(runs, "true"));
      assertThat(exec.getDescription()).containsAnyOf("EMFILE", "Too many open files");
      assertThat(testbed.status(runs).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    } finally {
      limit(testbed, daemon, "nofile", before);
    }
    assertThat(testbed.exec(ends, "touch", "/go").getExitCode()).isZero();
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(7);
    Pod after = testbed.runPod("after", NamespaceMode.POD);
    String works = testbed.runContainer(after, "works", SLEEP);
    assertThat(testbed.exec(works, "true").getExitCode()).isZero();
    assertThat(testbed.exec(runs, "true").getExitCode()).isZero();
  }

  @Test
  void shimWithoutDescriptorsRefusesExecsAndMissesNoExit(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("shim", NamespaceMode.NODE);
    String runs = testbed.runContainer(pod, "runs", SLEEP);
    String ends = testbed.runShell(pod, "ends", "sleep 3; echo last; exit 7");
    String shim = testbed.shim(pod.id());
    String before = limits(testbed, shim, "nofile");
    limit(testbed, shim, "nofile", descriptors(testbed, shim));
    try {
      Calls.failure(() -> testbed.exec(runs, "true"));
      String created =
          testbed.createContainer(
              pod, Requests.container(pod.config(), "new", testbed.busybox(), SLEEP).build());
      Calls.failure(() -> testbed.startContainer(created));
      ContainerStatus ended = testbed.awaitExited(ends);
      assertThat(ended.getExitCode()).isEqualTo(7);
      assertThat(Calls.logged(pod, "ends")).containsExactly("last");
    } finally {
      limit(testbed, shim, "nofile", before);
    }
    assertThat(testbed.exec(runs, "true").getExitCode()).isZero();
  }

  /** An address space that cannot grow: what is not enough ends the shim, and its pod with it. */
  @Test
  void shimWithoutMemoryEndsOrServesAndNoExitIsMissed(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("no-memory", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "runs", SLEEP);
    Pod other = testbed.runPod("other", NamespaceMode.NODE);
    String stays = testbed.runContainer(other, "stays", SLEEP);
    String shim = testbed.shim(pod.id());
    limit(testbed, shim, "as", "1");
    for (int i = 0; i < 3 && isReady(testbed, pod); i++) {
      try {
        testbed.exec(container, "true");
      } catch (io.grpc.StatusRuntimeException refused) {
        assertThat(refused.getStatus().getDescription()).doesNotContain("\n");
      }
    }
    testbed.stopContainer(container, 0);
    ContainerStatus ended = testbed.awaitExited(container);
    assertThat(ended.getExitCode()).isNotZero();
    assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
    testbed.removePod(pod);
    assertThat(testbed.pods()).hasSize(1);
  }

  private static boolean isReady(Testbed testbed, Pod pod) {
    return testbed.podStatus(pod.id()).getState() == PodSandboxState.SANDBOX_READY;
  }

  @Test
  void daemonWithoutMemoryEndsAndIsTakenUpAgain(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("daemon-memory", NamespaceMode.NODE);
    String runs = testbed.runContainer(pod, "runs", SLEEP);
    String ends = testbed.runShell(pod, "ends", "sleep 2; exit 7");
    String daemon = Long.toString(testbed.daemon().pid());
    limit(testbed, daemon, "as", "1");
    for (int i = 0; i < 20 && testbed.daemon().isAlive(); i++) {
      try {
        testbed.exec(runs, "true");
      } catch (io.grpc.StatusRuntimeException refused) {
        assertThat(refused.getStatus().getCode()).isNotEqualTo(Status.Code.OK);
      }
    }
    if (testbed.daemon().isAlive()) {
      testbed.daemon().kill();
    } else {
      testbed.daemon().awaitExit();
    }
    testbed.daemon().start();
    testbed.reconnect();
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(7);
    assertThat(testbed.status(runs).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(testbed.exec(runs, "true").getExitCode()).isZero();
  }

  @Test
  void readOnlyStateFailsNewWorkAndLosesNothing(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("read-only", NamespaceMode.POD);
    String runs = testbed.runContainer(pod, "runs", SLEEP);
    String ends =
        testbed.runShell(pod, "ends", "while [ ! -e /go ]; do usleep 50000; done; exit 7");
    List<Path> directories = List.of(testbed.daemon().root(), testbed.daemon().state());
    for (Path each : directories) {
      testbed.node().run("mount", "--bind", each.toString(), each.toString()).orThrow();
      testbed.node().run("mount", "-o", "remount,bind,ro", each.toString()).orThrow();
    }
    try {
      Status refused = Calls.failure(() -> testbed.runPod("refused", NamespaceMode.POD));
      assertThat(refused.getDescription()).containsIgnoringCase("read-only");
      Status create = Calls.failure(() -> testbed.runContainer(pod, "refused", SLEEP));
      assertThat(create.getDescription()).containsIgnoringCase("read-only");
      assertThat(testbed.exec(runs, "true").getExitCode()).isZero();
      assertThat(testbed.exec(ends, "touch", "/go").getExitCode()).isZero();
      Await.until(
          "the exit is told",
          () -> testbed.status(ends).getState() != ContainerState.CONTAINER_RUNNING);
    } finally {
      for (Path each : directories) {
        testbed.node().run("umount", each.toString()).orThrow();
      }
    }
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(7);
    testbed.killAndRestartDaemon();
    assertThat(testbed.status(ends).getExitCode()).isEqualTo(7);
    assertThat(testbed.status(runs).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    testbed.stopContainer(runs, 0);
  }

  /** A process that writes to a frozen ext4 waits in the kernel, where no signal ends it. */
  @Test
  void stopOfAPodThatWaitsForItsDiskEndsAndOthersGoOn(Testbed testbed) throws Exception {
    Path image = testbed.node().directory().resolve("disk.img");
    Path disk = Files.createDirectories(testbed.node().directory().resolve("disk"));
    testbed
        .node()
        .run(
            "sh",
            "-ec",
            "truncate -s 32M $0; mkfs.ext4 -qF $0; mount -o loop $0 $1",
            image.toString(),
            disk.toString())
        .orThrow();
    boolean frozen = false;
    try {
      Pod pod = testbed.runPod("waits", NamespaceMode.NODE);
      String container =
          testbed.runContainer(
              pod,
              Requests.container(
                      pod.config(),
                      "writer",
                      testbed.busybox(),
                      List.of(
                          "sh",
                          "-c",
                          "while :; do echo x >>/disk/file; echo wrote; usleep 9999; done"))
                  .addMounts(
                      io.jukung.cri.v1.Mount.newBuilder()
                          .setHostPath(disk.toString())
                          .setContainerPath("/disk"))
                  .build());
      Await.until("it writes", () -> Calls.logged(pod, "writer").contains("wrote"));
      testbed.node().run("fsfreeze", "--freeze", disk.toString()).orThrow();
      frozen = true;
      Await.until("it waits", () -> isUninterruptible(container));

      long start = System.nanoTime();
      Status stop = Calls.failure(() -> testbed.stopContainer(container, 1));
      assertThat(stop.getDescription()).contains(container);
      Calls.failure(() -> testbed.stopPod(pod.id()));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(STOP_BOUND);
      assertThat(testbed.status(container).getState())
          .isNotEqualTo(ContainerState.CONTAINER_EXITED);

      Pod other = testbed.runPod("goes-on", NamespaceMode.NODE);
      String works = testbed.runContainer(other, "works", SLEEP);
      assertThat(testbed.exec(works, "true").getExitCode()).isZero();

      testbed.node().run("fsfreeze", "--unfreeze", disk.toString()).orThrow();
      frozen = false;
      testbed.stopContainer(container, 0);
      assertThat(testbed.awaitExited(container).getExitCode()).isEqualTo(137);
      testbed.removeAllPods();
    } finally {
      if (frozen) {
        testbed.node().run("fsfreeze", "--unfreeze", disk.toString()).orThrow();
      }
      testbed.removeAllPods();
      testbed.node().run("umount", disk.toString()).orThrow();
      Files.delete(image);
      Files.delete(disk);
    }
  }

  static boolean isUninterruptible(String container) throws Exception {
    for (String pid : Limits.read(Limits.cgroup(container), "cgroup.procs").lines().toList()) {
      try {
        String stat = Files.readString(Path.of("/proc", pid, "stat"));
        if (stat.substring(stat.lastIndexOf(')') + 2).startsWith("D")) {
          return true;
        }
      } catch (NoSuchFileException e) {
        // it has ended meanwhile
      }
    }
    return false;
  }
}
