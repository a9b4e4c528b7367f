package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.grpc.Status;
import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.EventStream;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Shims that live and answer nothing: they are stopped, or the disk of their logs is frozen. */
@ExtendWith(Testbed.Extension.class)
class SlowShimIT {
  /** A call that waits for a silent shim ends within this time, on a busy machine too. */
  private static final Duration BOUND = Duration.ofSeconds(40);

  /**
   * How much longer a start of the daemon may take beside a shim that answers nothing. One that
   * waited for the shim would take 10 s longer.
   */
  private static final Duration MORE_TO_START = Duration.ofSeconds(5);

  /** Longer than a test takes that freezes a disk. */
  private static final int FROZEN_SECONDS = 180;

  /**
   * StartContainer gives up a shim that is silent after about 10 s. The daemon waits 60 s for a
   * launch by a shim that answers.
   */
  private static final Duration LAUNCH_BOUND = Duration.ofSeconds(35);

  private static void signal(Testbed testbed, String name, String pid) throws Exception {
    testbed.node().run("kill", "-" + name, pid).orThrow();
  }

  private static Duration time(ThrowingCallable action) throws Exception {
    long start = System.nanoTime();
    try {
      action.call();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Restarts the daemon, in hardly more time than a restart took before. */
  private static void restart(Testbed testbed, Duration before) throws Exception {
    assertThat(time(testbed::killAndRestartDaemon))
        .isLessThan(before.multipliedBy(2).plus(MORE_TO_START));
  }

  private static void execTimesOut(Testbed testbed, String container, long seconds)
      throws Exception {
    Duration taken =
        time(
            () ->
                Calls.assertRefused(
                    () -> testbed.exec(container, seconds, "true"),
                    Status.Code.DEADLINE_EXCEEDED,
                    "timed out after " + seconds + " s"));
    assertThat(taken).isLessThan(Duration.ofSeconds(seconds + 3));
  }

  @Test
  void callsOnAPodWhoseShimIsStoppedEndInBoundedTimeAndThePodIsRemoved(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("stopped-shim", NamespaceMode.POD);
    String running = testbed.runContainer(pod, "running", List.of("sleep", "7658"));
    String other = testbed.runContainer(pod, "other", List.of("sleep", "7659"));
    ContainerConfig config =
        Requests.container(pod.config(), "created", testbed.busybox(), List.of("sleep", "7660"))
            .build();
    String created = testbed.createContainer(pod, config);
    signal(testbed, "STOP", testbed.shim(pod.id()));

    CompletableFuture<Status> start =
        CompletableFuture.supplyAsync(
            () ->
                Calls.failure(
                    () ->
                        testbed
                            .client()
                            .runtime(LAUNCH_BOUND)
                            .startContainer(
                                StartContainerRequest.newBuilder()
                                    .setContainerId(created)
                                    .build())));
    execTimesOut(testbed, running, 1);
    execTimesOut(testbed, running, 3);
    assertThat(testbed.status(running).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(time(() -> streams(testbed, pod, running))).isLessThan(BOUND);
    assertThat(time(() -> update(testbed, running))).isLessThan(BOUND);
    assertThat(time(() -> Calls.failure(() -> reopenLog(testbed, running)))).isLessThan(BOUND);

    assertThat(time(() -> testbed.stopContainer(running, 1))).isLessThan(BOUND);
    assertThat(testbed.status(running).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(time(() -> testbed.removeContainer(running))).isLessThan(BOUND);
    Status refused = start.get(LAUNCH_BOUND.toSeconds(), TimeUnit.SECONDS);
    assertThat(refused.getDescription()).contains("shim of sandbox " + pod.id());
    assertThat(time(() -> testbed.stopPod(pod.id()))).isLessThan(BOUND);
    assertThat(testbed.status(other).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    testbed.removePod(pod.id());
  }

  @Test
  void containerThatEndsWhileItsShimIsStoppedIsUnknownUntilTheShimTellsHow(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("silent-shim", NamespaceMode.NODE);
    String ends = testbed.runContainer(pod, "ends", List.of("sleep", "7667"));
    String stays = testbed.runContainer(pod, "stays", List.of("sleep", "7668"));
    String shim = testbed.shim(pod.id());
    signal(testbed, "STOP", shim);
    try (EventStream events = EventStream.open(testbed.daemon().socket())) {
      testbed.node().run("pkill", "-KILL", "-xf", "sleep 7667").orThrow();
      Await.until(
          "the container is not shown as running",
          () -> testbed.status(ends).getState() == ContainerState.CONTAINER_UNKNOWN);
      assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      Await.until("an event", () -> !stops(events, ends).isEmpty());
      assertThat(stops(events, ends)).containsExactly(ContainerState.CONTAINER_UNKNOWN);

      signal(testbed, "CONT", shim);
      assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(137);
      assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      Await.until("another event", () -> stops(events, ends).size() == 2);
      assertThat(stops(events, ends)).endsWith(ContainerState.CONTAINER_EXITED);
    } finally {
      signal(testbed, "CONT", shim);
    }
    testbed.removePod(pod);
  }

  /** The states of the container in the events that tell its end. */
  private static List<ContainerState> stops(EventStream events, String container) {
    return events.received().stream()
        .filter(each -> each.getContainerId().equals(container))
        .filter(each -> each.getContainerEventType() == ContainerEventType.CONTAINER_STOPPED_EVENT)
        .flatMap(each -> each.getContainersStatusesList().stream())
        .filter(each -> each.getId().equals(container))
        .map(ContainerStatus::getState)
        .toList();
  }

  @Test
  void containerThatEndedWhileNoDaemonRanAndItsShimIsStoppedIsUnknown(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("silent-over-restart", NamespaceMode.NODE);
    String ends = testbed.runContainer(pod, "ends", List.of("sleep", "7669"));
    String shim = testbed.shim(pod.id());
    signal(testbed, "STOP", shim);
    try {
      testbed.daemon().kill();
      testbed.node().run("pkill", "-KILL", "-xf", "sleep 7669").orThrow();
      testbed.daemon().start();
      testbed.reconnect();
      Await.until(
          "the container is not shown as running",
          () -> testbed.status(ends).getState() == ContainerState.CONTAINER_UNKNOWN);
    } finally {
      signal(testbed, "CONT", shim);
    }
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(137);
    testbed.removePod(pod);
  }

  private static void streams(Testbed testbed, Pod pod, String container) {
    testbed
        .client()
        .runtime()
        .exec(
            ExecRequest.newBuilder()
                .setContainerId(container)
                .addCmd("true")
                .setStdout(true)
                .build());
    testbed
        .client()
        .runtime()
        .attach(AttachRequest.newBuilder().setContainerId(container).setStdout(true).build());
    testbed
        .client()
        .runtime()
        .portForward(PortForwardRequest.newBuilder().setPodSandboxId(pod.id()).addPort(80).build());
  }

  private static void update(Testbed testbed, String container) {
    testbed
        .client()
        .runtime()
        .updateContainerResources(
            UpdateContainerResourcesRequest.newBuilder()
                .setContainerId(container)
                .setLinux(LinuxContainerResources.newBuilder().setOomScoreAdj(500))
                .build());
  }

  private static void reopenLog(Testbed testbed, String container) {
    testbed
        .client()
        .runtime()
        .reopenContainerLog(
            ReopenContainerLogRequest.newBuilder().setContainerId(container).build());
  }

  /** Notes every state of a container until it is closed. */
  private static final class States implements AutoCloseable {
    private final Set<ContainerState> seen = EnumSet.noneOf(ContainerState.class);
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread watcher;

    States(Testbed testbed, String container) {
      watcher =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!over.get()) {
                      note(testbed.status(container).getState());
                    }
                  });
    }

    private synchronized void note(ContainerState state) {
      seen.add(state);
    }

    synchronized Set<ContainerState> seen() {
      return EnumSet.copyOf(seen);
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      watcher.join();
    }
  }

  @Test
  void shimThatIsStoppedOverARestartIsTakenUpWhenItGoesOn(Testbed testbed) throws Exception {
    Pod slow = testbed.runPod("slow", NamespaceMode.NODE);
    String ends = testbed.runContainer(slow, "ends", List.of("sleep", "7661"));
    String stays = testbed.runContainer(slow, "stays", List.of("sleep", "7662"));
    Pod healthy = testbed.runPod("healthy", NamespaceMode.NODE);
    String works = testbed.runContainer(healthy, "works", List.of("sleep", "7663"));
    String shim = testbed.shim(slow.id());
    Duration usual = time(testbed::killAndRestartDaemon);
    signal(testbed, "STOP", shim);
    try {
      restart(testbed, usual);
      assertServesOthers(testbed, works);
      try (States states = new States(testbed, stays)) {
        execTimesOut(testbed, stays, 2);
        testbed.node().run("pkill", "-KILL", "-xf", "sleep 7661").orThrow();
        signal(testbed, "CONT", shim);
        assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(137);
        assertThat(testbed.exec(stays, "true").getExitCode()).isZero();
        assertThat(states.seen()).containsExactly(ContainerState.CONTAINER_RUNNING);
      }
    } finally {
      signal(testbed, "CONT", shim);
    }
    testbed.stopContainer(stays, 0);
    assertThat(testbed.status(stays).getExitCode()).isEqualTo(137);
  }

  private static void assertServesOthers(Testbed testbed, String container) {
    assertThat(testbed.exec(container, 5, "true").getExitCode()).isZero();
    assertThat(testbed.containers())
        .allMatch(each -> each.getState() == ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void podWhoseShimIsStoppedOverARestartIsStoppedAndRemoved(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("stopped-over-restart", NamespaceMode.POD);
    String container = testbed.runContainer(pod, "app", List.of("sleep", "7664"));
    Duration usual = time(testbed::killAndRestartDaemon);
    signal(testbed, "STOP", testbed.shim(pod.id()));
    for (int i = 0; i < 2; i++) {
      restart(testbed, usual);
    }
    assertThat(time(() -> testbed.stopPod(pod.id()))).isLessThan(BOUND);
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    testbed.removePod(pod.id());
  }

  /** A file system of its own for logs, which can be frozen. Closing it thaws it. */
  private static final class LogDisk implements AutoCloseable {
    private final Node node;
    private final Path directory;
    private @Nullable Process guard;

    private LogDisk(Node node, Path directory) {
      this.node = node;
      this.directory = directory;
    }

    static LogDisk mount(Node node) throws Exception {
      Path image = node.directory().resolve("logs.img");
      Path directory = Files.createDirectory(node.directory().resolve("frozen-logs"));
      node.run("truncate", "-s", "64M", image.toString()).orThrow();
      node.run("mkfs.ext4", "-q", image.toString()).orThrow();
      CommandResult mount = node.run("mount", "-o", "loop", image.toString(), directory.toString());
      assumeThat(mount.exitCode()).as("loop devices: %s", mount.stderr()).isZero();
      return new LogDisk(node, directory);
    }

    /**
     * Freezes the disk. A process outside the node's pid namespace thaws it even if this JVM is
     * killed and the node with it: a frozen disk cannot be unmounted.
     */
    void freeze() throws Exception {
      guard =
          new ProcessBuilder(
                  "nsenter",
                  "--target=" + node.initPid(),
                  "--mount",
                  "--",
                  "sh",
                  "-c",
                  "sleep " + FROZEN_SECONDS + "; fsfreeze --unfreeze " + directory)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      node.run("fsfreeze", "--freeze", directory.toString()).orThrow();
    }

    void thaw() throws Exception {
      node.run("fsfreeze", "--unfreeze", directory.toString());
      if (guard != null) {
        guard.destroy();
        guard.waitFor();
      }
    }

    @Override
    public void close() throws Exception {
      thaw();
      node.run("umount", directory.toString()).orThrow();
      Files.delete(directory);
      Files.delete(node.directory().resolve("logs.img"));
    }
  }

  @Test
  void podWhoseLogDiskIsFrozenOverARestartGoesOnWhenTheDiskIsThawed(Testbed testbed)
      throws Exception {
    try (LogDisk disk = LogDisk.mount(testbed.node())) {
      Pod slow =
          testbed.runPod(
              testbed
                  .podConfig("frozen", NamespaceMode.NODE)
                  .setLogDirectory(disk.directory.toString())
                  .build());
      String writer = testbed.runShell(slow, "writer", "while :; do echo line; usleep 1000; done");
      String ends = testbed.runContainer(slow, "ends", List.of("sleep", "7665"));
      Pod healthy = testbed.runPod("beside-frozen", NamespaceMode.NODE);
      String works = testbed.runContainer(healthy, "works", List.of("sleep", "7666"));
      String shim = testbed.shim(slow.id());
      Duration usual = time(testbed::killAndRestartDaemon);
      disk.freeze();
      Await.until("the shim waits for the disk", () -> isInTheKernel(testbed, shim));

      restart(testbed, usual);
      assertServesOthers(testbed, works);
      execTimesOut(testbed, writer, 2);
      testbed.node().run("pkill", "-KILL", "-xf", "sleep 7665").orThrow();
      disk.thaw();
      assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(137);
      assertThat(testbed.exec(writer, "true").getExitCode()).isZero();
      testbed.removePod(slow);
      testbed.removePod(healthy);
    }
  }

  @Test
  void podWhoseLogDiskIsFrozenIsStopped(Testbed testbed) throws Exception {
    try (LogDisk disk = LogDisk.mount(testbed.node())) {
      Pod pod =
          testbed.runPod(
              testbed
                  .podConfig("frozen-stop", NamespaceMode.POD)
                  .setLogDirectory(disk.directory.toString())
                  .build());
      String writer = testbed.runShell(pod, "writer", "while :; do echo line; usleep 1000; done");
      String shim = testbed.shim(pod.id());
      disk.freeze();
      Await.until("the shim waits for the disk", () -> isInTheKernel(testbed, shim));

      assertThat(time(() -> testbed.stopContainer(writer, 1))).isLessThan(BOUND);
      assertThat(testbed.status(writer).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
      assertThat(time(() -> testbed.stopPod(pod.id()))).isLessThan(BOUND);
      testbed.removePod(pod.id());
      disk.thaw();
      Await.until(
          "the shim ends with its disk",
          () -> testbed.node().run("test", "-d", "/proc/" + shim).exitCode() != 0);
    }
  }

  /** Whether a thread of the process is in uninterruptible sleep. */
  private static boolean isInTheKernel(Testbed testbed, String pid) throws Exception {
    return testbed
            .node()
            .run("sh", "-c", "grep -qs '^State:\tD' /proc/" + pid + "/task/*/status")
            .exitCode()
        == 0;
  }
}
